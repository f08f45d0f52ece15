"""A broker as `deploy/broker` sets it up, and a plain client for it."""

import getpass
import grp
import os
import queue
import re
import shutil
import ssl
import subprocess
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.conftest import ROOT, SECONDS, Mosquitto, free_port, hang_up

RECIPE = ROOT / "deploy" / "broker"
BASE = "emotion-edge/v1"


def credentials(folder: Path, *words: str, **environment: str) -> str:
    """Run `credentials.sh` and return what it prints."""
    path = f"{os.environ['PATH']}:/usr/sbin"
    done = subprocess.run(
        [RECIPE / "credentials.sh", *words],
        env={
            **os.environ,
            "PATH": path,
            "EMOTION_EDGE_CA": str(folder),
            "BROKER_USER": getpass.getuser(),  # who runs the broker of a test
            "BROKER_GROUP": grp.getgrgid(os.getgid()).gr_name,
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def configuration(folder: Path, credentials_folder: Path) -> str:
    """Return the broker's configuration as the lines of README.md install it, for files in another folder."""
    readme = (RECIPE / "README.md").read_text()
    (block,) = re.findall(r"(?ms)^    plugin=.*?conf\.d/emotion-edge\.conf$", readme)
    program = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program
    file = folder / "emotion-edge.conf"
    shutil.copy(RECIPE / "mosquitto.conf", file)
    script = block.replace("sudo ", "").replace("/usr/lib", str(Path(program).parent.parent / "lib"))
    subprocess.run(["sh", "-euc", script.replace("/etc/mosquitto/conf.d/emotion-edge.conf", str(file))], check=True)
    return file.read_text().replace("/etc/mosquitto/emotion-edge", str(credentials_folder))


class Site:
    """A running broker of the recipe with two devices, two dashboards, and a hub's login for commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "credentials"
        credentials(self.folder, "server", "localhost", "127.0.0.1")
        for site, device in (("north", "pi-1"), ("north", "pi-2")):
            credentials(self.folder, "device", site, device)
        self.passwords = {
            name: credentials(self.folder, "dashboard", site, name).split()[-1]
            for site, name in (("north", "board-north"), ("south", "board-south"))
        }
        said = credentials(self.folder, "commands", "north", "hub-north-commands")
        self.passwords["hub-north-commands"] = said.split()[-1]
        self.ports = {port: free_port() for port in (8883, 8443, 8884)}
        lines = configuration(folder, self.folder)
        lines += f"\npersistence_location {folder}/\n"
        for port, free in self.ports.items():
            lines = lines.replace(f"listener {port}", f"listener {free} 127.0.0.1")
        self.broker = Mosquitto(folder, lines, address="")
        self.broker.port = self.ports[8883]
        self.broker.start()


class Client:
    """A plain MQTT 5 client that tells how it was received."""

    def __init__(  # noqa: PLR0913 - who it is, and who it says it is
        self,
        site: Site,
        port: int,
        *,
        device: str = "",
        user: str = "",
        password: str = "",
        client_id: str = "",
        lasting: bool = False,
        certificates: Path | None = None,
    ) -> None:
        """Connect; `lasting` keeps the session when it ends, `certificates` is the folder of the device's files."""
        self.connected: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.acknowledged: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.subscribed: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.received: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=paho.MQTTv5,
            transport="websockets" if port == 8443 else "tcp",
        )
        folder = certificates or site.folder / "devices"
        files = [str(folder / f"{device}.{end}") for end in ("crt", "key")] if device else [None, None]
        self.client.tls_set(str(site.folder / "ca.crt"), *files)
        if user:
            self.client.username_pw_set(user, password)
        self.client.on_connect = lambda _c, _u, _f, reason, _p: self.connected.put(str(reason))
        self.client.on_disconnect = lambda *_: self.connected.put("ended")
        self.client.on_connect_fail = lambda *_: self.connected.put("failed")
        self.client.on_publish = lambda _c, _u, _m, reason, _p: self.acknowledged.put(str(reason))
        self.client.on_subscribe = lambda _c, _u, _m, reasons, _p: self.subscribed.put(str(reasons[0]))
        self.client.on_message = lambda _c, _u, message: self.received.put(message.topic)
        try:
            session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            session.SessionExpiryInterval = 3600 if lasting else 0
            self.client.connect("localhost", site.ports[port], clean_start=not lasting, properties=session)
            self.client.loop_start()
        except ssl.SSLError:
            self.connected.put("failed")

    def state(self) -> str:
        return self.connected.get(timeout=SECONDS)

    def publish(self, topic: str) -> str:
        self.client.publish(topic, "x", qos=1)
        return self.acknowledged.get(timeout=SECONDS)

    def subscribe(self, topic: str) -> None:
        self.client.subscribe(topic, qos=1)
        self.subscribed.get(timeout=SECONDS)

    def close(self) -> None:
        hang_up(self.client)
