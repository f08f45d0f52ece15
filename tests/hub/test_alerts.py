"""Alerts as people get them: a real hub, a real Mosquitto, and a real receiver by HTTP."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.contract.reading import Place
from edge.contract.records import Camera, PublishedRecord
from edge.errors import ConfigError
from edge.hub.alerts import alerts as service
from edge.hub.alerts.alerts import Alerts
from edge.hub.alerts.delivery import receivers
from edge.hub.alerts.facts import Facts
from edge.hub.alerts.looking import Looking
from edge.hub.alerts.notifications import News as Message
from edge.hub.alerts.rules import Alert
from edge.hub.alerts.symptoms import Key
from edge.hub.alerts.wording import text_of
from edge.hub.broker.ingest import State
from edge.hub.broker.now import News, Now
from edge.hub.settings import HubSettings
from edge.hub.store.database import Database
from tests.conftest import Mosquitto
from tests.hub.people import School
from tests.hub.phone import SECRET, Phone, with_alerts
from tests.hub.running import Hub, health_of, run_hub, write_hub_config
from tests.views.published import BASE, Device, Sender


@pytest.fixture
def phone() -> Iterator[Phone]:
    with Phone() as phone:
        yield phone


class Scripted(Looking):
    """Sees what the test says."""

    def __init__(self) -> None:
        self.now = 10_000.0
        self.free = 9000

    def facts(self) -> Facts:
        self.now += 100.0
        return Facts(self.now, 1.8e9 + self.now, listening_seconds=self.now, free_megabytes=self.free)


def test_a_camera_that_fails_is_told_from_the_device_to_the_phone(
    tmp_path: Path, queueing: Mosquitto, sender: Sender, phone: Phone
) -> None:
    """And neither log nor API holds the address."""
    config = with_alerts(write_hub_config(tmp_path, queueing.port), phone.url, camera_minutes=0)
    device = Device("pi-1", room="B12")
    with Hub(config) as hub:
        sender.send(device, device.next())
        broken = Camera(state="retrying", error="CameraMissing", restarts=3)
        sender.say(f"{BASE}/north/pi-1/health", health_of("pi-1", camera=broken).model_dump_json(by_alias=True))
        assert "B12 (north): the camera of the device pi-1 gives no picture (CameraMissing)" in phone.next()["message"]
        found = hub.get("alerts")
        assert [(each["kind"], each["subject"]) for each in found["alerts"]] == [("camera", "pi-1")]
        assert found["receivers"] == ["2 (json)"]
        assert (found["limits"]["camera_minutes"], found["limits"]["silent_minutes"]) == (0, 15)
        assert found["quiet"] is None
        assert SECRET not in json.dumps(found) + hub.log.read_text()


def test_what_was_not_taken_is_told_later_and_to_nobody_twice(
    tmp_path: Path, database: Database, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_RETRY_CAP_SECONDS", 0.0)
    with Phone() as other:
        file = tmp_path / "urls"
        file.write_text(f"{phone.url}\n{other.url}\n")
        settings = HubSettings.model_validate({"alerts": {"urls_file": str(file)}})
        looking = Scripted()
        alerts = Alerts(settings, database, looking)
        looking.free, other.status = 3, 503
        for _ in range(5):
            alerts.turn()
        assert "its disk has 3 MB left" in phone.next()["message"]
        assert other.tries >= 2
        other.status = 200
        alerts.turn()
        assert "its disk has 3 MB left" in other.next()["message"]
        after = Alerts(settings, database, looking)  # a restart
        after.turn()
        looking.free = 9000
        for _ in range(5):
            after.turn()
        for each in (phone, other):
            assert each.next()["title"] == "emotion-edge: all clear"
            assert each.messages.empty()
        assert after.tally.sent == 2


def test_a_test_message_is_sent_by_an_administrator_and_by_the_command(
    tmp_path: Path, school: School, phone: Phone, queueing: Mosquitto
) -> None:
    config = with_alerts(write_hub_config(tmp_path, queueing.port), phone.url, f"json://127.0.0.1:1/{SECRET}")
    done = run_hub("alerts", "test", "--config", config)
    assert phone.next()["title"] == "emotion-edge: test"
    assert (done.returncode, "line 2 (json): sent" in done.stdout) == (69, True)
    assert "was not taken by line 3 (json)" in done.stderr
    assert SECRET not in done.stdout + done.stderr
    school.admit_everyone()
    limits = {"quiet_hours": "18:00-07:00", "timezone": "Europe/Berlin"}
    settings = HubSettings.model_validate({"alerts": {"urls_file": str(config.with_name("urls")), **limits}})
    school.serve(Alerts.of(settings, school.database, Now(1), State))
    ada = school.logged_in("ada")
    shown = ada.get("/api/v1/alerts").json()
    assert shown["receivers"] == ["2 (json)", "3 (json)"]
    assert shown["quiet"] == {"begin": "18:00", "end": "07:00", "timezone": "Europe/Berlin"}
    answer = ada.post("/api/v1/alerts/test")
    assert phone.next()["title"] == "emotion-edge: test"
    assert [bool(each["problem"]) for each in answer.json()["receivers"]] == [False, True]
    assert SECRET not in answer.text
    (entry,) = school.access.audit.entries(None, 0, 2**40, 1)
    assert (entry["actor"], entry["action"], entry["detail"]) == ("ada", "alerts tested", "1 of 2 failed")


def test_without_an_address_there_is_no_test(tmp_path: Path, queueing: Mosquitto) -> None:
    done = run_hub("alerts", "test", "--config", write_hub_config(tmp_path, queueing.port))
    assert (done.returncode, "names no addresses; set alerts.urls_file" in done.stderr) == (78, True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"nonsense://{SECRET}", r"urls:1: is no address that Apprise can use"),
        ("\n# nothing\n", "holds no address"),
        (f"json://localhost/{SECRET}\n" * 11, "holds 11 addresses, and 10 are the most"),
        (None, "cannot be read"),
    ],
)
def test_addresses_that_cannot_be_used_are_named_and_not_repeated(tmp_path: Path, text: str | None, words: str) -> None:
    file = tmp_path / "urls"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ConfigError, match=words) as caught:
        receivers(str(file))
    assert SECRET not in str(caught.value)


def test_the_reason_of_a_failure_holds_nothing_of_the_address_but_the_host(tmp_path: Path, phone: Phone) -> None:
    file = tmp_path / "urls"
    file.write_text(phone.url)
    (receiver,) = receivers(str(file))
    reason = receiver._without_secrets(f"POST http://ada:{SECRET}@127.0.0.1/{SECRET} failed")
    assert reason == "POST http://ada:***@127.0.0.1/*** failed"


def test_a_room_s_name_and_an_error_keep_to_one_line_of_a_mail(tmp_path: Path) -> None:
    """A device names its room, and a line break in the subject would keep the message from being sent."""
    now = Now(1)
    device = Device("pi-1")
    record = PublishedRecord.model_validate(device.next() | {"room": "B12\r\nBcc: x\x00"})
    now.take([News(Place("north", "pi-1"), record)])
    settings = HubSettings.model_validate({"store": {"directory": str(tmp_path)}})
    looking = Looking(settings, Database(settings), now, lambda: State(connected=True, problem="the disk\nis full"))
    (found,) = looking.facts().devices
    assert found.room.isprintable()
    key = Key("store")
    text = text_of(Message([Alert(key, "", looking.facts().problem, 0.0)], [], []), settings.alerts.zone)
    assert text.title == "emotion-edge: Hub: cannot store records: the disk is full"
