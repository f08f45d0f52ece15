"""Three RabbitMQ nodes, as `deploy/broker/rabbitmq` sets them up; one loses its power."""

import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.conftest import ROOT, SECONDS, free_port, hang_up, until
from tests.faults.road import Road, Witness

RECIPE = ROOT / "deploy" / "broker" / "rabbitmq"
SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
NORTH = "emotion-edge/v1/north"

pytestmark = [
    pytest.mark.skipif(not SERVER.exists(), reason="needs RabbitMQ: apt-get install rabbitmq-server"),
    pytest.mark.timeout(1200),
]


class Cluster:
    """Nodes 1 to 3, the device `pi-test`, and stores that read its site."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        base = free_port() // 2  # below the ports that are given out, and so are the forty that follow
        self.ports = {node: base + node for node in (1, 2, 3)}
        self.run("start", str(base))
        for kind, name in (("device", "pi-test"), ("store", "store-1"), ("store", "store-2"), ("store", "store-3")):
            _run(
                [RECIPE / "rights.sh", kind, "north", name],
                f"of-{name}\n",
                {"RABBITMQCTL": f"{RECIPE / 'try-cluster.sh'} ctl {folder}"},
            )

    def run(self, action: str, *words: str) -> None:
        _run([RECIPE / "try-cluster.sh", action, self._folder, *words])

    def store(self, number: int) -> Witness:
        name = f"store-{number}"
        witness = Witness(self.ports[2], session=name, login=(name, f"of-{name}"), topic=f"{NORTH}/#")
        until(lambda: witness.subscribed)
        return witness


def _run(words: list[str | Path], say: str = "", environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        words,
        input=say,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        timeout=600,
        check=False,
        env=os.environ | (environment or {}),
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    try:
        yield Cluster(folder)
    finally:
        _run([RECIPE / "try-cluster.sh", "stop", folder])


@pytest.mark.parametrize("fails", [1, 2], ids=["the device's", "the store's"])
def test_a_node_of_a_cluster_fails(tmp_path: Path, cluster: Cluster, fails: int) -> None:
    """The device and the store each find another node; the record of every interval arrives."""
    store = cluster.store(fails)
    (tmp_path / "password").write_text("of-pi-test")
    urls = [f"mqtt://127.0.0.1:{port}" for port in cluster.ports.values()]
    with Road(tmp_path, 0, url=urls, username="pi-test", password_file=str(tmp_path / "password")) as road:
        road.start_publisher()
        road.start_observer()
        until(store.keys)
        assert road.log.read_text().count("connected (MQTT") == 1  # no session was ended, as for what it may not read
        cluster.run("kill", str(fails))
        if fails == 1:
            until(lambda: road.log.read_text().count("connected (MQTT") > 1)
        else:
            store.turn_to(cluster.ports[3])
            until(lambda: store.subscribed == 2)
        road.more(10)
        cluster.run("again", str(fails))
        road.end_observer()
        # The leader of the store's queue dies with its node; what was under way may be sent again out of order.
        road.check(store, 60, ordered=fails == 1)
    store.close()


@pytest.mark.parametrize(
    ("who", "topic"), [("pi-test", f"{NORTH}/pi-other/counts"), ("store-3", f"{NORTH}/pi-test/pause/set")]
)
def test_nobody_writes_what_is_not_theirs(cluster: Cluster, who: str, topic: str) -> None:
    """RabbitMQ ends the connection of a client that tries."""
    ended = threading.Event()
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=who, protocol=paho.MQTTv311)
    client.username_pw_set(who, f"of-{who}")
    client.on_disconnect = lambda *_: ended.set()
    client.connect("127.0.0.1", cluster.ports[3])
    client.loop_start()
    client.publish(topic, b"{}", qos=1)
    assert ended.wait(SECONDS)
    hang_up(client)
