"""The broker takes records that nobody gets: nobody has subscribed, or its access list drops them in silence."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from edge.mqtt.events import Acknowledged, Connected, Message, Unheard
from tests.conftest import Mosquitto, Subscriber, hang_up, until
from tests.faults.misbehaving import Misbehaving
from tests.faults.road import UNLIMITED, Road, Witness
from tests.support.peer import Peer

OPEN = "topic readwrite #\n"
DENIED = "topic read #\ntopic write +/+/+/+/health\ntopic write +/+/+/+/status\n"
UNREADABLE = "topic write #\n"
LONG = 60.0


def test_records_that_nobody_has_subscribed_to_wait_where_that_is_configured(tmp_path: Path, broker: Mosquitto) -> None:
    with Road(tmp_path, broker.port, no_subscriber="keep") as road:
        road.start_publisher()
        road.start_observer()
        until(lambda: "nobody who subscribed" in road.log.read_text(), LONG)
        road.more(10)
        late = Witness(broker.port)
        until(lambda: late.subscribed)
        road.more(5)
        road.end_observer()
        road.check(late, LONG, ordered=False)
    late.close()


def test_records_that_nobody_has_subscribed_to_are_counted(tmp_path: Path, broker: Mosquitto) -> None:
    seen = Subscriber(broker.port, "+/+/+/+/health")
    with Road(tmp_path, broker.port) as road:
        road.start_publisher()
        road.start_observer()
        until(lambda: "nobody who subscribed" in road.log.read_text(), LONG)
        other = paho.Client(CallbackAPIVersion.VERSION2, client_id="emotion-edge-pi-test")
        other.connect("127.0.0.1", broker.port)  # it ends the device's session; the next one begins with `health`
        other.loop_start()
        until(lambda: road.log.read_text().count(": connected (MQTT") > 1, LONG)
        hang_up(other)
        assert seen.ever("/health", lambda health: health["without_subscriber"] > 0)
    seen.close()


def test_a_persistent_session_is_a_subscriber_while_it_is_away(tmp_path: Path, broker: Mosquitto) -> None:
    """The recipe for a store."""
    store = Witness(broker.port, session="store")
    until(lambda: store.subscribed)
    store.close()
    with Road(tmp_path, broker.port, no_subscriber="keep") as road:
        road.start_publisher()
        road.start_observer()
        until(lambda: road.waiting() == 0 and len(road.closed()) > 10, LONG)
        road.end_observer()
        assert "nobody who subscribed" not in road.log.read_text()
        again = Witness(broker.port, session="store")
        road.check(again, LONG)
    again.close()


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    return tmp_path / "rules"


@pytest.fixture
def guarded(tmp_path: Path, rules: Path) -> Iterator[Mosquitto]:
    """A broker whose access list is for the device only."""
    rules.write_text(OPEN)
    lines = ["allow_anonymous true", f"acl_file {rules}", f"listener 0 {tmp_path}/witness.sock", "allow_anonymous true"]
    broker = Mosquitto(tmp_path, "\n".join(lines), first=f"per_listener_settings true\n{UNLIMITED}")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def witness(tmp_path: Path, guarded: Mosquitto) -> Iterator[Witness]:
    assert guarded
    seen = Witness(str(tmp_path / "witness.sock"))
    until(lambda: seen.subscribed)
    yield seen
    seen.close()


def test_records_that_mqtt_3_1_1_denies_in_silence_wait(
    tmp_path: Path, guarded: Mosquitto, witness: Witness, rules: Path
) -> None:
    with Road(tmp_path, guarded.port, protocol="3.1.1") as road:
        road.start_publisher()
        road.start_observer()
        until(witness.keys, LONG)
        guarded.stop()
        rules.write_text(DENIED)
        road.back(guarded, witness)
        until(lambda: "does not pass them on; check its access list" in road.log.read_text(), LONG)
        road.more(10)
        rules.write_text(OPEN)
        guarded.reload()
        road.more(5)
        road.end_observer()
        road.check(witness, LONG, ordered=False)


def test_where_a_device_cannot_hear_its_records_it_says_that_denied_ones_are_lost(
    tmp_path: Path, guarded: Mosquitto, witness: Witness, rules: Path
) -> None:
    rules.write_text(UNREADABLE)
    guarded.reload()
    with Road(tmp_path, guarded.port, protocol="3.1.1") as road:
        road.start_publisher()
        road.start_observer()
        until(lambda: "cannot hear its own records" in road.log.read_text(), LONG)
        road.more(5)
        road.end_observer()
        road.check(witness, LONG)


def test_a_broker_that_forbids_to_hear_ones_own_records_gets_them(tmp_path: Path) -> None:
    """It ends the session of a device that asks: it is asked once."""
    with (
        contextlib.closing(Misbehaving("forbids")) as broker,
        Road(tmp_path, broker.port, protocol="3.1.1") as road,
    ):
        road.start_publisher()
        road.start_observer()
        until(lambda: len(broker.acknowledged) > 5, LONG)
        assert "cannot hear its own records" in road.log.read_text()
        assert len(broker.in_session) == 2


@pytest.mark.parametrize(
    ("protocol", "rights", "visible"), [("5", OPEN, True), ("3.1.1", OPEN, True), ("3.1.1", UNREADABLE, False)]
)
def test_it_is_known_whether_a_denied_record_would_be_noticed(
    guarded: Mosquitto,
    rules: Path,
    protocol: str,
    rights: str,
    visible: bool,  # noqa: FBT001
) -> None:
    rules.write_text(rights)
    guarded.reload()
    peer = Peer(guarded.port, protocol=protocol)
    peer.next(Connected)
    peer.session.publish(Message("counts", "{}", token=1))
    peer.next(Unheard if protocol == "5" else Acknowledged)
    assert peer.session.refusals_visible is visible
    peer.stop()
