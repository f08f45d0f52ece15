"""The device's health for a Prometheus on the same machine."""

import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import ROOT, SECONDS, Mosquitto, Subscriber, free_port, until
from tests.support.daemon import Daemon, command, write_config
from tests.support.root import looks_into_processes


def scrape(address: str) -> dict[str, float]:
    """Return every sample, by name and labels."""
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=SECONDS) as answer:
        text = answer.read().decode()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {f"{one.name}{''.join(one.labels.values())}": one.value for one in samples}


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_health_is_there_and_no_count_of_people(
    host: str, tmp_path: Path, broker: Mosquitto, subscriber: Subscriber
) -> None:
    address = f"{host}:{free_port()}"
    with Daemon(tmp_path, "run", "--config", write_config(tmp_path, broker.port, metrics={"listen": address})):
        health = subscriber.next("/health", lambda health: health["camera"] and health["camera"]["state"] == "running")
        subscriber.next("/counts", lambda record: record["faces"]["mean"])
        found = scrape(address)
    assert found["emotion_edge_observer_up"] == 1
    assert found["emotion_edge_camera_staterunning"] == 1
    assert found["emotion_edge_camera_failed"] == 0
    assert found["emotion_edge_broker_connections_total"] == health["connections"] == 1
    assert found["emotion_edge_records_dropped_total"] == 0
    assert found["emotion_edge_publisher_resident_memory_bytes"] > 10_000_000
    assert ("emotion_edge_soc_temperature_celsius" in found) is (health["soc_celsius"] is not None)
    assert all(name.startswith("emotion_edge_") for name in found)
    words = {"faces", "people", "happy", "neutral", "unsure", "emotions"}
    assert not [name for name in found if words & set(name.split("_"))]


def test_who_connects_and_says_nothing_keeps_nobody_waiting_for_long(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber
) -> None:
    port = free_port()
    config = write_config(tmp_path, broker.port, metrics={"listen": f"127.0.0.1:{port}"})
    with Daemon(tmp_path, "publish", "--config", config) as daemon:
        subscriber.next("/health")
        with socket.create_connection(("127.0.0.1", port), timeout=SECONDS):
            assert scrape(f"127.0.0.1:{port}")["emotion_edge_observer_up"] == 0
        assert daemon.stop() == 0


@looks_into_processes
def test_by_default_no_port_is_open_and_the_library_not_loaded(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber
) -> None:
    code = "import sys, edge.publisher.reloads; print('prometheus_client' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "False"
    with Daemon(tmp_path, "publish", "--config", write_config(tmp_path, broker.port)) as daemon:
        subscriber.next("/health")
        inodes = {
            target.removeprefix("socket:[").removesuffix("]")
            for file in Path(f"/proc/{daemon.process.pid}/fd").iterdir()
            if (target := str(file.readlink())).startswith("socket:")
        }
        tables = [
            Path(f"/proc/{daemon.process.pid}/net/{name}").read_text().splitlines()[1:] for name in ("tcp", "tcp6")
        ]
        listening = {line.split()[9] for table in tables for line in table if line.split()[3] == "0A"}
        assert not inodes & listening


@pytest.mark.parametrize(
    ("listen", "problem"),
    [
        ("0.0.0.0:9464", "would be open to other machines"),
        ("[::]:9464", "would be open to other machines"),
        ("192.168.1.7:9464", "would be open to other machines"),
        ("pi.school.example:9464", "would be open to other machines"),
        ("127.0.0.1", "is not HOST:PORT"),
        (":9464", "would be open to other machines"),
        ("127.0.0.1:99999", "is not HOST:PORT"),
        ("127.0.0.1:0", "is not HOST:PORT"),
        ("127.0.0.1:9464/metrics", "is not HOST:PORT"),
    ],
)
def test_any_other_address_is_refused_by_name(tmp_path: Path, listen: str, problem: str) -> None:
    config = write_config(tmp_path, free_port(), metrics={"listen": listen})
    done = subprocess.run(command("check-config", config), capture_output=True, text=True, check=False)
    assert done.returncode == 78
    (line,) = done.stdout.splitlines()
    assert f"metrics.listen: {listen!r} {problem}" in line


@pytest.mark.parametrize("words", [("check-config",), ("publish", "--config")])
def test_without_the_library_the_remedy_is_named(tmp_path: Path, words: tuple[str, ...]) -> None:
    config = write_config(tmp_path, free_port(), metrics={"listen": f"127.0.0.1:{free_port()}"})
    code = "import sys; sys.modules['prometheus_client'] = None; from edge.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *words, str(config)],
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
        cwd=ROOT,
    )
    assert done.returncode == 78
    assert "needs the library prometheus_client; apt install python3-prometheus-client" in done.stdout + done.stderr


def test_a_port_that_is_taken_is_said_at_the_start(tmp_path: Path, broker: Mosquitto) -> None:
    config = write_config(tmp_path, broker.port, metrics={"listen": f"127.0.0.1:{broker.port}"})
    with Daemon(tmp_path, "publish", "--config", config) as daemon:
        until(lambda: daemon.process.poll() is not None)
        assert daemon.process.returncode == 69
        assert "cannot be listened on (Address already in use); choose another port" in daemon.lines()
