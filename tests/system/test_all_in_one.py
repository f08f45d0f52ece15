"""docs/guide/one-pi.md, typed into booted Debian 12 and 13: one command leads to the first record on the page.

On Debian 12 the questions are answered on the terminal, on Debian 13 on the set-up page. All of it by TLS. Replaced are
the server and Debian's packages, which lie on the machine already, and the camera, by the built-in scene.
"""

import contextlib
import hashlib
import json
import re
import shlex
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page

from tests.conftest import ROOT, until
from tests.system.installed import OBSERVER, PUBLISHER, pid
from tests.system.machine import Machine, tree, wheels
from tests.system.readme import blocks
from tests.views.browser import chromium, fill_in, new_page, take_pictures

pytestmark = pytest.mark.timeout(1800)

PAGE = "docs/guide/one-pi.md"
CLONE, SCENE, BY_PAGE, SCRIPT = blocks("One Pi and a phone", PAGE)
HUB = "emotion-edge-hub.service"
ANSWERS = "north\nB12 \U0001f600\nno\nemotions\nyes\n\nmon-sun 00:00-24:00\n"
"""Site, room, school, mode, lawful, time zone, opening hours."""
TIME = [f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}" for days in (-1, 1)]
ROOM = urlencode({"site": "north", "room": "B12 \U0001f600", "from": TIME[0], "to": TIME[1]})
MOST_MEGABYTES = 400
ASK = """
import json, ssl, sys, urllib.request as u
ca, password, route = sys.argv[1:]
secure = u.HTTPSHandler(context=ssl.create_default_context(cafile=ca))
client = u.build_opener(secure, u.HTTPCookieProcessor())
base = "https://127.0.0.1:8350/api/v1/"
login = json.dumps({"name": "admin", "password": password}).encode()
client.open(u.Request(base + "session", login, {"Content-Type": "application/json"}), timeout=60)
print(client.open(base + route, timeout=60).read().decode())
"""


FORM = {
    "site": "north",
    "room": "B12 \U0001f600",
    "school": "no",
    "mode": "emotions",
    "time_zone": "Europe/Berlin",
    "open": "",
    "accepted": "yes",
    "practice": "yes",
    "password": "four words of mine",
}
SEND = """
import ssl, sys, urllib.request as u
print(u.urlopen("https://127.0.0.1:8350/", sys.argv[1].encode(), context=ssl._create_unverified_context()).status)
"""


class Pi:
    """A machine that has been set up by the one command."""

    def __init__(self, machine: Machine, *, by_page: bool) -> None:
        self.machine = machine
        self.practises = by_page
        if by_page:
            self._answer_the_page()
        else:
            self.said = self.types(SCENE[0], answers=ANSWERS)
            (self.password,) = re.findall(r"password (\S+) ", self.said)

    def _answer_the_page(self) -> None:
        self.said = self.types(f"{BY_PAGE[0]} --camera scene")
        (code,) = re.findall(r"^Code: (\S+) ", self.said, re.MULTILINE)
        self.password = FORM["password"]
        if shutil.which("chromium"):
            with self.browser() as page:
                page.goto(f"https://127.0.0.1:8350/#{code}")
                for label, name in (("Site", "site"), ("Room", "room"), ("Password", "password")):
                    page.get_by_label(re.compile(f"^{label}")).fill(FORM[name])
                for name in ("school", "mode", "accepted", "practice"):
                    page.locator(f"[name={name}][value={FORM[name]}]").check()
                self._look_through_the_camera(page)
                page.get_by_role("button", name="Set up").click()
                try:
                    page.get_by_label("User name").wait_for(timeout=900_000)  # by itself, once the hub is there
                except BaseException as error:
                    error.add_note(f"{page.url}: {page.locator('body').inner_text()}")
                    raise
        else:
            self.machine.run("python3", "-c", SEND, urlencode(FORM | {"code": code}))
        until(lambda: self.machine.shows(HUB, "ActiveState") == "active", 900)
        until(lambda: self.machine.shows(OBSERVER, "ActiveState") == "active", 900)
        assert not self._cameras()
        assert self.machine.shows("emotion-edge-first-run-camera.socket", "ActiveState") == "inactive"
        assert self.password not in self.machine.says("journalctl", "--no-pager")

    def _look_through_the_camera(self, page: Page) -> None:
        """See outlines of the scene's people; close the camera and open it at once; leave it open with the form."""
        page.get_by_role("button", name="Show outlines").click()
        page.locator("#view rect").nth(2).wait_for(timeout=300_000)
        take_pictures(page, "first-run-camera")
        page.get_by_role("button", name="Close the camera").click()
        page.get_by_role("button", name="Show outlines").click()
        page.locator("#view rect").nth(2).wait_for(timeout=300_000)
        assert len(self._cameras()) == 1

    def _cameras(self) -> list[str]:
        """The services that hold the camera open for the set-up page."""
        units = ("list-units", "--no-legend", "--plain", "--state=active", "emotion-edge-first-run-camera@*")
        return self.machine.says("systemctl", *units).splitlines()

    @contextlib.contextmanager
    def browser(self) -> Iterator[Page]:
        """A page of a Chromium in the network of the machine."""
        program = self.machine.folder / "chromium"
        words = self.machine.beside(shutil.which("chromium") or "chromium")
        program.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
        program.chmod(0o755)
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("EMOTION_EDGE_CHROMIUM", str(program))
            with chromium() as browser, new_page(browser, ignore_https_errors=True) as page:
                yield page

    def types(self, line: str, answers: str = "", code: int = 0) -> str:
        """Type a line of the page in the clone; return what it prints."""
        words = self.machine.command("sh", "-c", f"cd /mnt/source && {line}")
        done = subprocess.run(
            words, input=answers, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=900, check=False
        )
        assert done.returncode == code, f"{line}: {done.returncode}\n{done.stdout}{self.machine.journal('*')[-5000:]}"
        return done.stdout

    def asks(self, route: str) -> Any:
        """Log in over TLS with the certificate that a phone would trust, and ask the API until it answers.

        While a busy disk holds the database, it answers 503.
        """
        words = ("python3", "-c", ASK, "/root/ca.crt", self.password, route)
        return json.loads(until(lambda: self.machine.run(*words, check=False).stdout))


@pytest.fixture(scope="module", params=["bookworm", "trixie"])
def pi(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pi]:
    suite: str = request.param
    root, packages = tree(suite), wheels(suite, kind="hub")
    folder = tmp_path_factory.mktemp("allinone") / suite
    with Machine(root, folder, {"/mnt/wheels": packages, "/mnt/source": ROOT}) as machine:
        machine.write("/etc/pip.conf", "[global]\nno-index = true\nfind-links = /mnt/wheels\n")
        try:
            ready = Pi(machine, by_page=suite == "trixie")
        except BaseException as error:  # nothing else tells what happened in it
            error.add_note(machine.journal("*")[-20_000:])
            raise
        yield ready


def test_the_page_leads_to_this_command() -> None:
    assert CLONE[-1] == "sudo deploy/install.sh --all-in-one"
    assert [f"{CLONE[-1]} --camera scene"] == SCENE
    assert [f"{CLONE[-1]} --ask page"] == BY_PAGE
    assert [f"{CLONE[-1]} --site north --room B12 --mode presence"] == SCRIPT


def test_one_command_leads_to_a_record_over_tls_that_a_phone_can_trust(pi: Pi) -> None:
    fetch = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8351/emotion-edge-ca.crt').read().decode())"
    certificate = pi.machine.run("python3", "-c", fetch).stdout
    pi.machine.write("/root/ca.crt", certificate)
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.strip())).hexdigest().upper()
    assert digest in pi.said.replace(":", "")

    records = f"records?{ROOM}"
    until(lambda: pi.asks(records)["records"], 180)
    first = pi.asks(records)["records"][0]
    assert (first["site"], first["room"]) == ("north", "B12 \U0001f600")


@pytest.mark.skipif(not shutil.which("chromium"), reason="Chromium is not installed: apt-get install chromium")
def test_a_technician_alone_sees_the_first_record_on_the_page(pi: Pi) -> None:
    """From practice, which is marked and which the set-up page offers, to a number that is withheld otherwise."""
    assert pi.practises or "for 30 minutes" in pi.machine.says("emotion-edge", "practice")
    with pi.browser() as page:
        page.goto("https://127.0.0.1:8350/")
        fill_in(page, "admin", pi.password)
        page.get_by_role("link", name="B12 \U0001f600").wait_for()
        until(lambda: any(each["practice"] for each in pi.asks(f"records?{ROOM}")["records"]), 180)
        page.locator(".card[data-state=counting]").wait_for()
        take_pictures(page, "all-in-one")
    assert "there is practice" in pi.machine.says("emotion-edge", "doctor", "--privacy")
    assert "has ended" in pi.machine.says("emotion-edge", "practice", "--off")


def test_without_a_login_nothing_is_read(pi: Pi) -> None:
    get = "\n".join(line for line in ASK.splitlines() if "session" not in line)
    assert "401" in pi.machine.run("python3", "-c", get, "/root/ca.crt", "none", "rooms", check=False).stderr


def test_all_of_it_fits_into_a_small_machine(pi: Pi) -> None:
    """Resident memory of device, broker and hub; what they share is counted for each."""
    sizes = {}
    for unit in (OBSERVER, PUBLISHER, HUB, "mosquitto.service"):
        script = f"cat $(grep -l /{unit} /proc/[0-9]*/cgroup | sed 's|cgroup$|smaps_rollup|')"
        found = re.findall(r"^Rss: +(\d+) kB", pi.machine.run("sh", "-c", script).stdout, re.MULTILINE)
        sizes[unit] = sum(map(int, found)) / 1000
    print("megabytes:", sizes, sum(sizes.values()))
    assert all(sizes.values())
    assert sum(sizes.values()) <= MOST_MEGABYTES, sizes


def test_nothing_listens_beside_the_page_and_the_certificate(pi: Pi) -> None:
    listed = pi.machine.run("ss", "--listening", "--tcp", "--numeric", "--no-header").stdout
    found = {line.split()[3] for line in listed.splitlines()}
    assert {one for one in found if not one.startswith(("127.", "[::1]"))} - {"0.0.0.0:22", "[::]:22"} == {
        "0.0.0.0:8350",
        "0.0.0.0:8351",
    }


def test_the_hub_touches_nothing_of_the_device(pi: Pi) -> None:
    hub = str(pid(pi.machine, HUB))
    inside = ("nsenter", "-t", hub, "-m", "--", "ls", "/etc/emotion-edge")
    assert pi.machine.says(*inside).split() == ["hub.toml"]
    for path in ("/var/lib/emotion-edge", "/run/emotion-edge"):
        words = ("setpriv", "--reuid=emotion-edge-hub", "--regid=emotion-edge-hub", "--clear-groups", "ls", path)
        assert pi.machine.run("nsenter", "-t", hub, "-m", "--", *words, check=False).returncode != 0


def test_a_hub_that_hangs_is_ended_by_the_watchdog_and_loses_nothing(pi: Pi) -> None:
    before = pid(pi.machine, HUB)
    drop_in = f"/run/systemd/system/{HUB}.d"
    pi.machine.run("mkdir", "-p", drop_in)
    pi.machine.write(f"{drop_in}/watchdog.conf", "[Service]\nWatchdogSec=8\n")
    pi.machine.run("systemctl", "daemon-reload")
    pi.machine.run("systemctl", "restart", HUB)
    before = pid(pi.machine, HUB)
    pi.machine.run("kill", "-STOP", str(before))
    until(lambda: pi.machine.shows(HUB, "MainPID") not in ("0", str(before)), 120)
    pid(pi.machine, HUB)
    assert "Watchdog timeout" in pi.machine.journal(HUB)
    pi.machine.run("rm", "-r", drop_in)
    pi.machine.run("systemctl", "daemon-reload")
    assert pi.asks(f"gaps?{ROOM}")["gaps"] == []


def test_doctor_finds_all_in_order(pi: Pi) -> None:
    report = json.loads(pi.machine.says("emotion-edge", "doctor", "--json"))
    states = {one["code"]: one["state"] for one in report["findings"]}
    assert states["hub"] == states["hub.certificate"] == "ok", report
    assert "failed" not in states.values(), report


def test_a_second_run_asks_nothing_and_keeps_what_is_there(pi: Pi) -> None:
    kept = "cat /etc/emotion-edge/*.toml /etc/credstore/* /etc/mosquitto/emotion-edge/ca.crt | sha256sum"
    before = pi.machine.says("sh", "-c", kept)
    said = pi.types(SCENE[0])
    assert "password" not in said.replace("accounts password", "")
    assert pi.machine.says("sh", "-c", kept) == before
    assert pi.asks("rooms")["rooms"]


def test_an_address_that_is_new_gets_into_the_certificate(pi: Pi) -> None:
    pi.machine.run("sh", "-c", "ip link add lan type veth && ip address add 192.0.2.7/24 dev lan && ip link set lan up")
    pi.machine.run("systemctl", "start", "emotion-edge-hub-certificate.service")
    shown = pi.machine.says("openssl", "x509", "-in", "/etc/credstore/emotion-edge.hub-web-cert", "-noout", "-text")
    assert "IP Address:192.0.2.7" in shown
    pid(pi.machine, HUB)
    until(lambda: pi.machine.run("python3", "-c", ASK, "/root/ca.crt", pi.password, "rooms", check=False).stdout)


def test_a_machine_with_a_device_of_its_own_is_refused(pi: Pi) -> None:
    config = "/etc/emotion-edge/config.toml"
    pi.machine.run("sed", "-i", "1s/.*/# mine/", config)
    assert "--all-in-one; move it away, or add a hub to this device" in pi.types(SCENE[0], code=78)
    pi.machine.run("sed", "-i", "1s/.*/# Written by install.sh --all-in-one./", config)


def test_uninstalling_leaves_nothing_behind(pi: Pi) -> None:
    (line,) = blocks("Afterwards", PAGE)[-1]
    assert line == "sudo deploy/uninstall.sh --purge"
    assert "no configuration, secret or count of it is left" in pi.types(line)
    places = "/opt /etc /var/lib /usr/local"
    left = pi.machine.says("sh", "-c", f"find {places} -name '*emotion-edge*'; getent passwd | grep emotion-edge")
    assert left == ""
    assert pi.machine.shows("mosquitto.service", "ActiveState") == "active"
