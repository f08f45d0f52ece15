"""The demo: its records, and one port for the page and for MQTT over WebSocket of browsers on other machines."""

import contextlib
import http.client
import json
import os
import queue
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from edge.camera.sources.scene import PERIOD, people_at
from edge.demo.school import ROOMS, SITE
from tests.conftest import ROOT, SECONDS, free_port, hang_up, until
from tests.support.daemon import command
from tests.support.pictures import clip

MOST_PEOPLE = max(people_at(second) for second in range(int(PERIOD)))
"""That the built-in scene shows at once."""
WITHOUT_HUB = (
    "import importlib.util as u; known = u.find_spec; u.find_spec = lambda name, *more: None if name == 'fastapi' else "
    "known(name, *more); from edge.cli import main; main()"
)
WITHOUT_MOSQUITTO = "import shutil; shutil.which = lambda *_, **__: None; from edge.cli import main; main()"


AT_HANG_UP = "import signal; signal.signal(signal.SIGHUP, signal.{}); from edge.cli import main; main()"
"""The command, whatever started the tests: `nohup` hands its own choice down to all of them."""


@contextlib.contextmanager
def demo(
    *options: str, start: tuple[str, ...] = ("-m", "edge"), end: signal.Signals = signal.SIGINT
) -> Iterator[list[str]]:
    """Run the demo; yield what it says before its first record; stop it with the signal `end`."""
    words = [sys.executable, *start, "demo", "--no-browser", *options]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("interval"):
                break
        yield lines
        process.send_signal(end)
        process.stdout.read()
    assert process.returncode == 0


def fetch(netloc: str, path: str) -> tuple[int, str, bytes]:
    connection = http.client.HTTPConnection(netloc, timeout=SECONDS)
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.headers["Content-Type"], answer.read()


def over_websocket(netloc: str, origin: str, host: str = "") -> "paho.Client":
    """Return a client that takes the same way as the page in a browser."""
    address = urlsplit(f"//{netloc}")
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311, transport="websockets")
    client.ws_set_options(path="/", headers=lambda headers: headers | {"Host": host or netloc, "Origin": origin})
    client.connect(address.hostname or "", address.port or 80)
    return client


@pytest.mark.parametrize("start", [("-m", "edge"), ("-c", WITHOUT_MOSQUITTO)], ids=["Mosquitto", "amqtt"])
def test_the_demo_needs_nothing_and_shows_the_truth(start: tuple[str, ...]) -> None:
    """With Mosquitto where it is installed, with amqtt where it is not."""
    words = [sys.executable, *start, "demo", "--records", "2", "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=SECONDS)
    broker = "amqtt" if start[0] == "-c" else "Mosquitto"
    assert f"Broker: {broker} on 127.0.0.1" in done.stderr
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert sorted(record["seq"] for record in records) == [0, 1]
    assert all((record["faces"]["max"] or 0) <= MOST_PEOPLE for record in records)
    assert {record["privacy"]["min_group"] for record in records} == {1}


def test_the_demo_counts_everybody_of_the_scene_sooner_or_later() -> None:
    """On a slow machine not in the first records: the scene goes on while the model is loaded."""
    with subprocess.Popen(command("demo", "--json", "--no-browser"), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line)["faces"]["max"] == MOST_PEOPLE:
                break
        process.send_signal(signal.SIGINT)
        process.stdout.read()
    assert process.returncode == 0


def test_a_day_of_simulated_rooms_stands_beside_the_observed_one() -> None:
    with demo() as said:
        (url,) = re.findall(r"^Dashboard: (http://127\.0\.0\.1:\d+/)$", "".join(said), re.MULTILINE)
        with httpx2.Client(base_url=f"{url}api/v1/", timeout=SECONDS, trust_env=False) as client:

            def rooms() -> dict[str, str]:
                return {each["room"]: each["site"] for each in client.get("rooms").json()["rooms"]}

            until(lambda: len(rooms()) == 1 + len(ROOMS))  # as soon as all have records
            assert rooms() == {"Demo room": "demo"} | dict.fromkeys(ROOMS, SITE)
            place = {"site": SITE, "room": ROOMS[0]}
            now = datetime.now().astimezone()
            day = client.get("lessons", params={**place, "day": f"{now:%Y-%m-%d}"}).json()["lessons"]
            (lesson,) = [each for each in day if each["from"] <= now.astimezone(UTC).isoformat() < each["to"]]
            span = {"from": lesson["from"], "to": now.astimezone(UTC).isoformat(), "resolution": "minute"}

            def minutes() -> int:
                averages = client.get("averages", params=place | span).json()["averages"]
                return sum(each["faces"]["mean"] is not None for each in averages)

            begun = datetime.fromisoformat(lesson["from"])  # half an hour before the demo, or at midnight
            lasted = int((now - begun).total_seconds() // 60)
            until(lambda: minutes() >= min(21, lasted - 1))


def test_other_machines_find_the_page_of_a_hub_with_a_password_and_a_history() -> None:
    port = free_port()
    with demo("--no-school", "--listen", str(port)) as said:
        (password,) = re.findall(r"Log in as demo with the password (\S+)\. ", "".join(said))
        (url,) = re.findall(r"Dashboard: (http://\S+)", "".join(said))[:1]
        with httpx2.Client(base_url=f"{url}api/v1/", timeout=SECONDS, trust_env=False) as client:
            assert client.get("rooms").status_code == 401

            # While a busy disk holds the database, the hub answers 503.
            def answers(secret: str) -> int:
                return client.post("session", json={"name": "demo", "password": secret}).status_code

            until(lambda: answers("wrong") == 401)
            until(lambda: answers(password) == 200)
            until(lambda: client.get("rooms").json().get("rooms"))
            client.headers["X-CSRF-Token"] = client.get("session").json()["csrf"]
            pause = "devices/demo/pause?site=demo"
            until(lambda: client.post(pause, json={"paused": True}).status_code == 202)
            until(lambda: client.get(pause).json()["paused"] is True)
            assert client.get(pause).json()["by"] == "demo"
        assert fetch(urlsplit(url).netloc, "/")[0] == 200


@pytest.mark.parametrize("start", [("-c", WITHOUT_HUB), ("-c", WITHOUT_MOSQUITTO)], ids=["Mosquitto", "amqtt"])
def test_one_port_serves_the_page_and_its_records(start: tuple[str, ...]) -> None:
    port = free_port()
    with demo("--listen", f"127.0.0.1:{port}", start=start) as said:
        assert f"Dashboard: http://127.0.0.1:{port}/\n" in said
        assert any("open to the network, without a password" in line for line in said)
        assert any("no history, as" in line and "is not installed" in line for line in said)
        netloc = f"127.0.0.1:{port}"
        status, kind, page = fetch(netloc, "/")
        assert (status, kind) == (200, "text/html")
        scripts = re.findall(rb'(?:src|href)="(?:\./)?([^"]+\.(?:js|css))"', page)
        assert {name.rpartition(b".")[2] for name in scripts} == {b"js", b"css"}
        for name in scripts:
            status, kind, content = fetch(netloc, f"/{name.decode()}")
            assert status == 200
            assert kind in ("text/javascript", "text/css")
            assert content
        config = json.loads(fetch(netloc, "/config.json?now")[2])
        assert (config["broker"], config["anonymous"]) == ("", True)  # the broker is where the page came from
        assert fetch(netloc, "/../config.json")[0] == fetch(netloc, "/etc/passwd")[0] == 404

        arrived = queue.SimpleQueue[bytes | bytearray]()
        client = over_websocket(netloc, f"http://{netloc}")
        client.on_connect = lambda one, *_: one.subscribe("emotion-edge/v1/demo/demo/counts", qos=1) and None
        client.on_message = lambda _client, _user, message: arrived.put(message.payload)
        client.loop_start()
        until(lambda: (json.loads(arrived.get(timeout=SECONDS))["faces"]["max"] or 0) >= 4)
        hang_up(client)


def test_the_page_of_another_site_cannot_read_the_counts() -> None:
    """A browser lets every page open a WebSocket to this machine, and says only where the page came from."""
    with demo("--no-school") as said:
        (netloc,) = re.findall(r"^Dashboard: http://(127\.0\.0\.1:\d+)/$", "".join(said), re.MULTILINE)
        with pytest.raises(paho.WebsocketConnectionError):
            over_websocket(netloc, "http://example.org")
        with pytest.raises(paho.WebsocketConnectionError):
            over_websocket(netloc, "http://example.org", host="example.org")  # whose name leads to this machine
        assert not any("open to the network" in line for line in said)


def test_every_address_of_this_machine_is_printed() -> None:
    port = free_port()
    with demo("--no-school", "--listen", str(port)) as said:
        (line,) = [line for line in said if line.startswith("Dashboard")]
        urls = re.findall(r"http://\S+", line)
        assert urls
        assert [fetch(urlsplit(url).netloc, "/")[0] for url in urls] == [200] * len(urls)


def test_listen_without_a_value_takes_a_fixed_port() -> None:
    assert "default" not in refused("--listen", "0")
    help_text = subprocess.run(command("demo", "--help"), capture_output=True, text=True, check=True).stdout
    assert "without a value: port 8080" in " ".join(help_text.split())
    with demo("--no-school", "--listen") as said:
        assert ":8080/" in "".join(said)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_terminal_that_is_closed_ends_all_of_the_demo() -> None:
    port = free_port()
    with demo("--port", str(port), start=("-c", AT_HANG_UP.format("SIG_DFL")), end=signal.SIGHUP):
        assert not is_free(port)
    assert is_free(port)


def test_a_demo_that_may_not_hang_up_goes_on() -> None:
    """As `nohup` starts it, for a stand that nobody sits at."""
    words = [sys.executable, "-c", AT_HANG_UP.format("SIG_IGN"), "demo", "--no-browser", "--no-school"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while not process.stdout.readline().startswith("interval"):
            pass
        assert "–" in process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        assert "–" in process.stdout.readline()  # the next record
        process.send_signal(signal.SIGINT)
        process.stdout.read()
    assert process.returncode == 0


def refused(*options: str, code: int = 2) -> str:
    """Return what the demo says where it does not start; that is one line, but for click's usage."""
    done = subprocess.run(command("demo", *options), capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    return done.stderr


@pytest.mark.parametrize("value", ["", "http", "70000", "1.2.3.4:", "8080:"])
def test_what_is_no_address_is_refused(value: str) -> None:
    assert "is not [ADDRESS:]PORT; write for example 8080" in " ".join(refused(f"--listen={value}").split())


def test_an_address_that_cannot_be_listened_on_is_named() -> None:
    port = free_port()
    with demo("--no-school", "--listen", f"127.0.0.1:{port}"):
        said = refused("--listen", f"127.0.0.1:{port}", code=69)
    assert f"127.0.0.1:{port}: cannot be listened on (Address already in use); choose another: --listen" in said
    said = refused("--listen", "192.0.2.99:8080", code=69)
    assert "192.0.2.99:8080: cannot be listened on (Cannot assign requested address)" in said


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("/absent/clip.mp4", "/absent/clip.mp4: no such file"),
        ("987", "/dev/video987: no such camera"),
        ("rtsp://127.0.0.1:9/door", "rtsp://127.0.0.1:9: the stream does not open"),
        (__file__, f"{__file__}: is not a video that can be decoded"),
        ("", "--source: is empty"),
    ],
)
def test_a_source_that_gives_no_frame_ends_the_demo(source: str, said: str) -> None:
    line = refused("--source", source, code=66)
    assert line.startswith(f"emotion-edge: {said}")
    assert line.count("\n") == 1


def test_a_clip_with_a_colon_and_letters_beyond_the_bmp_is_shown_by_the_demo(tmp_path: Path) -> None:
    clip(tmp_path / "plain.avi").rename(tmp_path / "Klasse \U0001f600 10:30.avi")
    words = command("demo", "--source", "Klasse \U0001f600 10:30.avi", "--records", "1", "--json", "--no-browser")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=tmp_path, env=environment, timeout=120)
    assert json.loads(done.stdout)["seq"] == 0
