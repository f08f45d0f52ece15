"""The page on plain HTTP that helps phones to trust the hub's certificate."""

import os
import subprocess
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from edge.errors import ConfigError
from edge.hub import addresses
from edge.hub.addresses import describe
from edge.hub.settings import HubSettings
from edge.hub.web.trust import CERTIFICATE, build, read_authority
from tests.conftest import ROOT


@pytest.fixture
def settings(tmp_path: Path) -> HubSettings:
    """A hub with an authority that the recipe made."""
    script = ROOT / "deploy/broker/credentials.sh"
    environment = {
        "EMOTION_EDGE_CA": str(tmp_path),
        "PATH": "/usr/bin:/bin:/usr/sbin",
        "BROKER_GROUP": "nobody-has-this",
    }
    subprocess.run(["sh", script, "server", "hub.example"], env=environment, check=True, capture_output=True)
    http = {"address": "0.0.0.0", "cert_file": "cert", "key_file": "key"}
    return HubSettings.model_validate({"http": http, "trust": {"ca_file": str(tmp_path / "ca.crt")}})


def fingerprint(settings: HubSettings) -> str:
    """Return what openssl says."""
    words = ["openssl", "x509", "-in", settings.trust.ca_file, "-noout", "-fingerprint", "-sha256"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip().partition("=")[2]


def test_page_and_terminal_show_the_same_fingerprint_and_the_certificate_is_handed_out(settings: HubSettings) -> None:
    client = TestClient(build(read_authority(settings), 8350), base_url="http://hub.local:8351")
    page = client.get("/")
    assert fingerprint(settings) in page.text
    assert "https://hub.local:8350/" in page.text
    assert f'href="{CERTIFICATE}"' in page.text
    certificate = client.get(CERTIFICATE)
    assert certificate.content == Path(settings.trust.ca_file).read_bytes()
    assert certificate.headers["content-type"] == "application/x-x509-ca-cert"
    said = "\n".join(describe(settings))
    assert fingerprint(settings) in said
    assert "█" in said


def test_a_hub_for_its_own_machine_names_no_address_that_a_phone_could_try() -> None:
    assert list(describe(HubSettings())) == ["Page: http://127.0.0.1:8350/ (for this machine alone)"]


def test_nothing_else_is_served_in_plain_http(settings: HubSettings) -> None:
    client = TestClient(build(read_authority(settings), 8350))
    for path in ("/api/v1/rooms", "/index.html", "/server.key", "/../server.key"):
        assert client.get(path).status_code == 404
    assert client.post("/").status_code == 405


def test_a_host_name_that_is_none_is_not_repeated(settings: HubSettings) -> None:
    client = TestClient(build(read_authority(settings), 8350))
    page = client.get("/", headers={"Host": '"><script>alert(1)</script>'})
    assert "<script" not in page.text


def test_a_file_that_is_no_certificate_is_named(tmp_path: Path) -> None:
    file = tmp_path / "ca.crt"
    file.write_text("nonsense")
    with pytest.raises(ConfigError, match=r"ca\.crt: is not a PEM certificate; set trust\.ca_file"):
        read_authority(HubSettings.model_validate({"trust": {"ca_file": str(file)}}))


@pytest.mark.parametrize(("prints", "address"), [("fd00::1 192.168.7.3 10.0.0.2", "192.168.7.3"), ("", "127.0.0.1")])
def test_a_network_without_a_router_has_an_address_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prints: str, address: str
) -> None:
    """As of a Pi and a phone at one switch."""
    program = tmp_path / "hostname"
    program.write_text(f"#!/bin/sh\necho {prints}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(
        addresses, "_ELSEWHERE", ("255.255.255.255", 9)
    )  # the kernel refuses it, as it has no way there
    assert addresses.own_address() == address
