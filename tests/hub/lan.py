"""A hub in a school's network, at the broker of the recipe, and the configuration of a real device there."""

import json
import ssl
import subprocess
from pathlib import Path
from typing import Any, Self

import httpx2

from edge.config.completeness import END
from tests.conftest import SECONDS, free_port, until
from tests.hub.people import PASSWORD
from tests.support.broker_recipe import Site
from tests.support.daemon import command, write_config


def hub_command(*words: str | Path, said: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command("hub", *words), input=said, capture_output=True, text=True, timeout=SECONDS, check=False
    )


class LanHub:
    """A hub that listens on all addresses by HTTPS, at the broker of the recipe."""

    def __init__(self, folder: Path, site: Site, **http: Any) -> None:
        self.port = free_port()
        self.ca = site.folder / "ca.crt"
        self.config = folder / "hub.toml"
        self.log = folder / "hub.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._clients: list[httpx2.Client] = []
        for name in ("board-north", "hub-north-commands"):
            (folder / name).write_text(site.passwords[name])
        files = {"cert_file": str(site.folder / "server.crt"), "key_file": str(site.folder / "server.key")}
        sections: dict[str, dict[str, Any]] = {
            "mqtt": {
                "url": f"mqtts://localhost:{site.ports[8884]}",
                "username": "board-north",
                "password_file": str(folder / "board-north"),
                "ca_file": str(self.ca),
                "retry_cap_seconds": 1,
            },
            "store": {"directory": str(folder / "hub")},
            "http": {"address": "0.0.0.0", "port": self.port, "host_names": ["hub.school.example"], **files, **http},
            "commands": {"username": "hub-north-commands", "password_file": str(folder / "hub-north-commands")},
        }
        lines = ['site = "north"']
        for name, section in sections.items():
            lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in section.items())]
        self.config.write_text("\n".join([*lines, END]) + "\n")

    def add(self, name: str, *words: str) -> None:
        done = hub_command("accounts", "add", "--config", self.config, *words, name, said=f"{PASSWORD}\n")
        assert done.returncode == 0, done.stderr

    def __enter__(self) -> Self:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command("hub", "serve", "--config", self.config), stderr=log, stdout=log)
        client = self.client()
        until(lambda: self._connected(client))
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process is not None
        for client in self._clients:
            client.close()
        self.process.terminate()
        self.process.wait(SECONDS)
        print(self.log.read_text())

    def _connected(self, client: httpx2.Client) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        try:
            return bool(client.get("state").json()["connected"])
        except httpx2.TransportError:
            return False

    def client(self, name: str = "") -> httpx2.Client:
        """Return a client, logged in where a name is given."""
        context = ssl.create_default_context(cafile=self.ca)
        address = f"https://localhost:{self.port}/api/v1/"
        client = httpx2.Client(base_url=address, verify=context, timeout=SECONDS, trust_env=False)
        self._clients.append(client)
        if name:
            answer = client.post("session", json={"name": name, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        return client


def device_config(folder: Path, site: Site) -> Path:
    """Return the configuration of a real device `pi-1` at the broker of the recipe."""
    files = site.folder / "devices"
    mqtt = {
        "url": f"mqtts://localhost:{site.ports[8883]}",
        "ca_file": str(site.folder / "ca.crt"),
        "cert_file": str(files / "pi-1.crt"),
        "key_file": str(files / "pi-1.key"),
    }
    return write_config(folder, 0, mqtt=mqtt, device={"id": "pi-1"})
