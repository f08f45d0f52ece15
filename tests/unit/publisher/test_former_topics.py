"""What a device left under a former name, where the broker lets it remove that and where it does not."""

import logging
from pathlib import Path

import pytest

from edge.config import Settings
from edge.contract.topics import Topics
from edge.mqtt.events import Message, Question, Retained
from edge.publisher.former_topics import FormerTopics, published_as
from edge.publisher.reporter import Protocol

OLD, NEW = "emotion-edge/v1/north/pi-old", "emotion-edge/v1/north/pi-test"


STATUS = f"{OLD}/status"
DISCOVERY = "homeassistant/device/pi-old/config"
REMOVALS = {(f"{OLD}/{leaf}", "", True) for leaf in ("status", "info", "pause")} | {(DISCOVERY, "", True)}


class Bench:
    """A device that was renamed, its broker's part, and what the device sent and asked."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.note = published_as(folder)
        self.note.write_text(f"{OLD}\n")
        self.sent: list[Message] = []
        self.asked: list[Question] = []
        self.settled = 0
        self.former = FormerTopics(
            folder, Topics(settings, "pi-test"), self.sent.append, self.asked.append, DISCOVERY, self._settle
        )

    def _settle(self) -> None:
        self.settled += 1

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do, now and after a restart."""
        return self.settled == 1 and self.note.read_text() == f"{NEW}\n"

    def connected(self, protocol: Protocol = "5") -> None:
        self.former.connected(protocol)

    def broker_has(self, payloads: dict[str, str] | None = None, *, readable: bool = True) -> None:
        """Answer the last question: what is retained, by the last level of the topic."""
        found = {f"{OLD}/{leaf}": payload.encode() for leaf, payload in (payloads or {}).items()}
        self.former.answered(Retained(self.asked[-1].token, found, readable))

    def acknowledge(self) -> None:
        """Acknowledge what was sent since the last call."""
        sent, self.sent[:] = list(self.sent), []
        assert {(message.topic, message.payload, message.retain) for message in sent} == REMOVALS
        assert all(self.former.acknowledged(message.token or 0) for message in sent)


@pytest.fixture
def bench(tmp_path: Path, settings: Settings) -> Bench:
    return Bench(tmp_path, settings)


@pytest.mark.parametrize("status", [{}, {"status": "offline", "info": "{}"}])
def test_it_is_removed_and_forgotten_when_the_broker_has_acknowledged_each(
    bench: Bench, status: dict[str, str]
) -> None:
    bench.connected()
    bench.broker_has(status)
    first, *others = [message.token for message in bench.sent]
    assert bench.former.acknowledged(first or 0)
    bench.sent.clear()
    bench.connected()  # the connection broke: all again
    assert not bench.former.acknowledged(others[0] or 0), "of the connection before"
    bench.broker_has(status)
    bench.acknowledge()
    assert bench.is_over
    bench.connected()
    assert bench.sent == []
    assert not bench.former.acknowledged(1), "a record's token is not its own"


def test_of_another_device_that_has_the_name_nothing_is_removed(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """A copied card names the first device as its own former name."""
    bench.connected()
    assert bench.asked[-1].until_changed == (STATUS, b"online"), "its own last will may still be to come"
    assert bench.asked[-1].patience > 1.5 * 600
    bench.broker_has({"status": "online", "info": "{}"})
    assert bench.sent == []
    assert bench.is_over
    assert "was this card copied" in caplog.text
    bench.connected()
    assert bench.sent == []


def test_where_it_may_not_look_it_removes_nothing(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.connected()
    bench.broker_has(readable=False)
    assert bench.sent == []
    assert bench.is_over
    assert "this device may not read them" in caplog.text


def test_without_rights_it_says_what_to_do_and_does_not_try_again(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.connected()
    bench.broker_has()
    assert all(bench.former.refused(message.token or 0) for message in bench.sent[:1])
    assert (
        "cannot be removed (the broker refuses it); if no device has this name any more, on the broker run: "
        f"mosquitto_sub -W 3 --remove-retained -t '{OLD}/#' -t '{DISCOVERY}'"
    ) in caplog.text
    assert bench.is_over
    bench.connected()
    assert len(bench.asked) == 1


def test_a_broker_that_hangs_up_each_time_is_not_tried_for_ever(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(10):
        bench.connected()
    assert len(bench.asked) == 3
    assert caplog.text.count("cannot be removed") == 1


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({"status": "offline"}, {}, "are removed"),
        ({"status": "offline"}, {"status": "offline"}, "are still there (with MQTT 3.1.1"),
        ({}, {"info": "{}"}, "are still there (with MQTT 3.1.1"),
        ({}, {}, "may still be there (with MQTT 3.1.1 the broker does not say"),
    ],
)
def test_with_mqtt_3_1_1_an_acknowledgement_is_not_taken_for_a_removal(
    bench: Bench, before: dict[str, str], after: dict[str, str], said: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It acknowledges what its access list drops."""
    caplog.set_level(logging.INFO)
    bench.connected("3.1.1")
    bench.broker_has(before)
    bench.acknowledge()
    bench.broker_has(after)
    assert said in caplog.text
    assert ("are removed" in caplog.text) == (said == "are removed")
    assert bench.is_over


@pytest.mark.parametrize("damage", [None, b"", b"\xff\xfe"])
def test_a_first_run_and_a_damaged_note_stop_nothing(tmp_path: Path, settings: Settings, damage: bytes | None) -> None:
    if damage is not None:
        published_as(tmp_path).write_bytes(damage)
    sent: list[Message] = []
    FormerTopics(tmp_path, Topics(settings, "pi-test"), sent.append, unexpected).connected("5")
    assert sent == []
    assert published_as(tmp_path).read_text() == f"{NEW}\n"


def test_an_announcement_of_another_name_that_cannot_be_judged_stays(
    tmp_path: Path, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    sent: list[Message] = []
    settled: list[bool] = []
    former = FormerTopics(
        tmp_path, Topics(settings, "pi-test"), sent.append, unexpected, DISCOVERY, lambda: settled.append(True)
    )
    for _ in range(2):
        former.connected("5")
    assert (sent, settled) == ([], [True])
    assert caplog.text.count(f"--remove-retained -t '{DISCOVERY}'") == 1


def unexpected(question: Question) -> None:
    raise AssertionError(question)
