"""One-time codes: what a device with one may have, and what a copied card may not."""

from dataclasses import replace
from pathlib import Path

import pytest

from edge.card.codes import LIFE_SECONDS, Codes, Enrolment, Refusal, Refused, Request, Step, new_code
from edge.card.terminal import Approver
from edge.errors import ConfigError

OWN = Request("a" * 64, "10.0.0.5", ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMr4mpcB",), "Debian 13", "aarch64")


class Desk:
    """A folder of codes, a clock that stands still, and one card."""

    def __init__(self, folder: Path) -> None:
        self.now = 1_000_000.0
        self.codes = Codes(folder, lambda: self.now)
        self.code = self.issue()

    def issue(self) -> str:
        return self.codes.issue(Enrolment("", "pi-b12", "pi-b12", "north", "B12", "pi", 0.0))

    def show(self, code: str = "", request: Request = OWN, host: str = "pi-b12") -> Enrolment:
        return self.codes.show(code or self.code, host, "pi-b12", request)

    def refusal(self, code: str = "", request: Request = OWN, host: str = "pi-b12") -> Refusal:
        with pytest.raises(Refused) as raised:
            self.show(code, request, host)
        return raised.value.refusal


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "codes")


def test_a_device_asks_until_it_is_approved(desk: Desk) -> None:
    assert desk.show().step is Step.ASKED
    assert desk.show(desk.code.lower().replace("-", " ")).step is Step.ASKED
    desk.codes.decide("pi-b12", approve=True)
    assert desk.show().step is Step.APPROVED
    desk.codes.signed(desk.show())
    assert desk.show().step is Step.SIGNED  # the answer may have been lost


def test_a_copied_card_gives_the_second_device_nothing(desk: Desk) -> None:
    desk.show()
    assert desk.refusal(request=replace(OWN, key="b" * 64)) is Refusal.USED
    assert desk.show().request == OWN


def test_codes_that_give_nothing(desk: Desk) -> None:
    assert desk.refusal(new_code()) is Refusal.UNKNOWN
    assert desk.refusal(host="pi-b13") is Refusal.OTHER_HOST
    newer = desk.issue()  # the card was written once more
    assert desk.refusal(desk.code) is Refusal.UNKNOWN
    desk.show(newer)
    desk.codes.decide("pi-b12", approve=False)
    assert desk.refusal(newer) is Refusal.DENIED
    last = desk.issue()
    desk.now += LIFE_SECONDS + 1
    assert desk.refusal(last) is Refusal.EXPIRED


def test_nobody_is_approved_who_does_not_wait(desk: Desk) -> None:
    with pytest.raises(ConfigError, match="no device waits for approval under this name; waiting: none"):
        desk.codes.decide("pi-b12", approve=True)
    desk.show()
    with pytest.raises(ConfigError, match="waiting: pi-b12"):
        desk.codes.decide("pi-b1", approve=True)


def test_others_cannot_read_the_codes(desk: Desk) -> None:
    desk.show()
    assert desk.codes.folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in desk.codes.folder.rglob("*.json")} == {0o600}


def test_a_damaged_file_is_named(desk: Desk) -> None:
    (path,) = desk.codes.folder.rglob("*.json")
    path.write_text("{")
    with pytest.raises(ConfigError, match=f"{path.name}: cannot be used .*; move it away"):
        desk.codes.all()


@pytest.mark.parametrize(("typed", "step"), [("y", Step.APPROVED), (" N ", Step.DENIED), ("what?", Step.ASKED)])
def test_the_operator_is_asked_once_and_sees_who_it_is(desk: Desk, typed: str, step: Step) -> None:
    shown: list[str] = []
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return typed

    desk.show()
    approver = Approver(desk.codes, shown.append, answer)
    approver.look()
    approver.look()
    assert asked == ["approve pi-b12? [y/n] "]
    assert "pi-b12, room B12, site north: 10.0.0.5, Debian 13 aarch64, ssh-ed25519 SHA256:" in shown[0]
    assert desk.codes.all()[0].step is step


def test_without_a_terminal_it_says_how_to_approve(desk: Desk) -> None:
    shown: list[str] = []
    desk.show()
    Approver(desk.codes, shown.append, None).look()
    assert shown[-1] == "approve it from another terminal: emotion-edge enrol --approve pi-b12"
