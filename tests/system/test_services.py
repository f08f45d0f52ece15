"""The units in really booted systemd: Debian 12 (252) and Debian 13 (257)."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, until
from tests.support.wheel import build_wheel
from tests.system.installed import BEFORE, CONFIG, INSTALL, OBSERVER, PUBLISHER, WHEEL, pid
from tests.system.machine import HOSTILE, Machine, exchange, tree, wheels

pytestmark = pytest.mark.timeout(1800)  # the first test of a release builds its tree


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel")).parent


@pytest.fixture(scope="module", params=["bookworm", "trixie"])
def machine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Iterator[Machine]:
    """A machine on which the installer has been run, and where both services run."""
    suite: str = request.param
    root, packages = tree(suite), wheels(suite)
    folder = tmp_path_factory.mktemp("machine") / suite
    with Machine(root, folder, {"/mnt/wheels": packages, "/mnt/wheel": wheel, "/mnt/source": ROOT}) as booted:
        booted.write("/etc/mosquitto/conf.d/test.conf", "listener 1883 127.0.0.1\nallow_anonymous true\n")
        booted.run("systemctl", "restart", "mosquitto")
        before = contents(booted)
        booted.run("mkdir", "-p", "/etc/emotion-edge")
        booted.write("/etc/emotion-edge/config.toml", CONFIG)
        assert "installed:" in booted.run(*WHEEL).stdout
        booted.write(BEFORE, before)
        yield booted


def contents(machine: Machine) -> str:
    """Return every path, user and group of a machine, but for logs, apt's lists, and what the broker's units make."""
    left_out = [BEFORE, "/tmp", "/var/tmp", "/var/log", "/var/cache/apt", "/var/lib/apt", "/var/lib/mosquitto"]
    left_out.append("/etc/rc?.d")  # `systemctl disable` keeps the broker's SysV script in step
    skipped = [word for path in left_out for word in ("-path", path, "-o")]
    paths = machine.run("find", "/", "-xdev", "(", *skipped[:-1], ")", "-prune", "-o", "-print").stdout
    names = machine.run("cat", "/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow").stdout
    return "\n".join(sorted((paths + names).splitlines()))


def probe(machine: Machine, unit: str, *tries: str) -> dict[str, list[str]]:
    """Run the probe in the sandbox of a unit, before the unit's own program; return what it could do."""
    folder = f"/run/systemd/system/{unit}.d"
    interpreter = "/opt/emotion-edge/current/bin/python3"
    machine.run("mkdir", "-p", folder)
    machine.write(
        f"{folder}/probe.conf",
        f"[Service]\nExecStartPre={interpreter} /mnt/source/tests/system/probe.py {' '.join(tries)}\n",
    )
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", unit)
    machine.run("rm", "-r", folder)
    machine.run("systemctl", "daemon-reload")
    lines = [line for line in machine.journal(unit).splitlines() if line.startswith("probe: ")]
    found: dict[str, list[str]] = json.loads(lines[-1].removeprefix("probe: "))
    return found


def test_both_services_are_ready_and_records_arrive(machine: Machine) -> None:
    pid(machine, OBSERVER)
    pid(machine, PUBLISHER)
    with machine.subscriber() as following:
        assert following("/info", lambda info: info["model"])["network_isolated"] is True
        assert following("/counts")["faces"]["mean"] > 1
    assert "fps" in machine.shows(OBSERVER, "StatusText")
    until(
        lambda: re.fullmatch(
            r"[\d.]+ faces, 2.0 fps, broker ok, \d records wait", machine.shows(PUBLISHER, "StatusText")
        )
    )


def test_a_change_of_state_can_be_searched_for_in_the_journal(machine: Machine) -> None:
    words = ("journalctl", "--no-pager", "-o", "cat", "-u", PUBLISHER, "EMOTION_EDGE_BROKER=connected")
    assert "connected (MQTT 5)" in machine.says(*words)


def test_the_observer_reaches_nobody_and_writes_nothing(machine: Machine) -> None:
    assert probe(machine, OBSERVER, "connects", "writes") == {"connects": [], "writes": []}


def test_the_publisher_opens_no_device_and_writes_its_state_alone(machine: Machine) -> None:
    machine.run("sh", "-c", "test -e /dev/video0 || mknod -m 666 /dev/video0 c 1 3")
    machine.run("dd", "if=/dev/video0", "count=1")  # outside of the sandbox it opens
    found = probe(machine, PUBLISHER, "opens", "writes")
    assert found["opens"] == []
    assert set(found["writes"]) <= {"/var/lib/emotion-edge", "/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue"}


def test_both_services_know_which_boot_of_the_machine_it_is(machine: Machine) -> None:
    """Without it a record of an earlier boot, whose clock was wrong, would get a time by the clock of this one."""
    boot = machine.says("cat", "/proc/sys/kernel/random/boot_id")
    asks = "from edge.system.machine import machine_boot; print(machine_boot())"
    for unit in (OBSERVER, PUBLISHER):
        process = str(pid(machine, unit))
        environment = [one for one in machine.says("cat", f"/proc/{process}/environ").split("\0") if "=" in one]
        inside = ("nsenter", "-m", "-t", process, "env", "-i", *environment)  # there /proc may be less than elsewhere
        assert machine.says(*inside, "/opt/emotion-edge/current/bin/python3", "-c", asks) == boot


@pytest.mark.parametrize("unit", [OBSERVER, PUBLISHER])
def test_what_was_killed_starts_again_and_records_arrive(machine: Machine, unit: str) -> None:
    before = pid(machine, unit)
    machine.run("kill", "-KILL", str(before))
    until(lambda: machine.shows(unit, "MainPID") not in ("0", str(before)), 120)
    assert pid(machine, unit) != before
    with machine.subscriber("+/+/+/+/counts") as following:
        assert following("/counts")


@pytest.mark.parametrize("unit", [OBSERVER, PUBLISHER])
def test_a_loop_that_hangs_is_ended_by_the_watchdog(machine: Machine, unit: str) -> None:
    """The process is stopped for good: as in a hang, nothing is analysed, closed or sent any more."""
    folder = f"/run/systemd/system/{unit}.d"
    machine.run("mkdir", "-p", folder)
    machine.write(f"{folder}/watchdog.conf", "[Service]\nWatchdogSec=8\n")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", unit)
    before = pid(machine, unit)
    machine.run("kill", "-STOP", str(before))
    until(lambda: machine.shows(unit, "MainPID") not in ("0", str(before)), 120)
    assert pid(machine, unit) != before
    assert "Watchdog timeout" in machine.journal(unit)
    machine.run("rm", "-r", folder)
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", unit)


def test_an_exception_is_answered_by_delays_that_grow(machine: Machine) -> None:
    folder = f"/run/systemd/system/{OBSERVER}.d"
    machine.run("mkdir", "-p", folder)
    program = "/opt/emotion-edge/current/bin/python3"
    machine.write(f"{folder}/raise.conf", f"[Service]\nExecStart=\nExecStart={program} -c 'raise RuntimeError'\n")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", "--no-block", OBSERVER)
    hold_off = "emotion-edge-hold-off@emotion-edge-observer.service"
    until(lambda: "restart 3: waiting 4 s" in machine.journal(hold_off), 120)
    assert "restart 2: waiting 2 s" in machine.journal(hold_off)
    machine.run("rm", "-r", folder)
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", OBSERVER)
    pid(machine, OBSERVER)


def test_a_configuration_error_ends_no_device_that_had_a_good_configuration(machine: Machine) -> None:
    kept = "/var/lib/emotion-edge/last-configuration.json"
    until(lambda: machine.run("test", "-e", kept, check=False).returncode == 0, 120)
    assert machine.says("stat", "-c", "%a %U %G", kept) == "640 emotion-edge-publisher emotion-edge"
    machine.write("/etc/emotion-edge/config.toml", "nonsense = 1\n")
    for unit in (PUBLISHER, OBSERVER):
        machine.run("systemctl", "restart", unit)
        pid(machine, unit)
        until(lambda unit=unit: "the last good configuration is used" in machine.journal(unit))  # type: ignore[misc]
        until(lambda unit=unit: "an earlier configuration" in machine.shows(unit, "StatusText"))  # type: ignore[misc]
    machine.write("/etc/emotion-edge/config.toml", CONFIG)
    machine.run("emotion-edge", "apply")


def test_a_configuration_error_is_not_tried_again(machine: Machine) -> None:
    machine.run("rm", "/var/lib/emotion-edge/last-configuration.json")
    for unit in (PUBLISHER, OBSERVER):
        machine.write("/etc/emotion-edge/config.toml", "nonsense = 1\n")
        machine.run("systemctl", "restart", unit, check=False)
        until(lambda unit=unit: machine.shows(unit, "ActiveState") == "failed")  # type: ignore[misc]
        assert machine.shows(unit, "ExecMainStatus") == "78"
        assert machine.shows(unit, "NRestarts") == "0"
    assert machine.shows("emotion-edge-door.socket", "ActiveState") == "inactive"  # nobody who knocks starts it
    machine.write("/etc/emotion-edge/config.toml", CONFIG)
    machine.run("systemctl", "start", PUBLISHER, OBSERVER)
    pid(machine, PUBLISHER)


def test_a_reload_takes_up_a_good_file_and_survives_a_bad_one(machine: Machine) -> None:
    before = pid(machine, OBSERVER), pid(machine, PUBLISHER)
    with machine.subscriber() as following:
        machine.write("/etc/emotion-edge/config.toml", CONFIG + "nonsense = 1\n")
        machine.run("systemctl", "reload", PUBLISHER, OBSERVER)
        for unit in (PUBLISHER, OBSERVER):
            until(lambda unit=unit: "configuration in use stays" in machine.journal(unit))  # type: ignore[misc]
        machine.write("/etc/emotion-edge/config.toml", CONFIG.replace('"north"', '"south"'))
        machine.run("systemctl", "reload", PUBLISHER, OBSERVER)
        assert following("south/pi-test/counts")["room"] == "B12"
        assert following("south/pi-test/counts")
    assert (pid(machine, OBSERVER), pid(machine, PUBLISHER)) == before
    machine.write("/etc/emotion-edge/config.toml", CONFIG)
    machine.run("systemctl", "reload", PUBLISHER, OBSERVER)


def test_a_clean_stop_says_offline_and_loses_nothing(machine: Machine) -> None:
    with machine.subscriber() as following:
        last: dict[str, Any] = following("/counts")
        machine.run("systemctl", "stop", "emotion-edge.target")
        assert following("/status") == "offline"
        machine.run("systemctl", "start", "emotion-edge.target")
        assert following("/counts")["boot"] != last["boot"]
    pid(machine, OBSERVER)


def test_a_second_run_of_the_installer_changes_nothing(machine: Machine) -> None:
    before = pid(machine, OBSERVER), pid(machine, PUBLISHER)
    assert machine.run(*WHEEL).stdout.startswith("unchanged: ")
    assert (pid(machine, OBSERVER), pid(machine, PUBLISHER)) == before


def test_the_same_release_again_leaves_the_way_back_to_the_one_before(machine: Machine) -> None:
    """What is before is a copy with hard links: it starts as the one that it was made of."""
    folder, before = "/opt/emotion-edge/releases", "0.1.0-before"
    current = machine.says("basename", machine.says("readlink", "/opt/emotion-edge/current"))
    machine.run("cp", "-al", f"{folder}/{current}", f"{folder}/{before}")
    machine.run("systemctl", "stop", OBSERVER)  # else nothing is installed again
    assert f"installed: {folder}/{current}" in machine.run(*WHEEL).stdout
    for release in (before, current):
        assert f"runs: {folder}/{release}" in machine.run(*INSTALL, "--back", release).stdout
    machine.run("rm", "-r", f"{folder}/{before}")


def test_a_release_that_does_not_start_is_taken_back(machine: Machine, wheel: Path) -> None:
    """The wheel itself holds the installer and the units."""
    current = machine.says("readlink", "/opt/emotion-edge/current")
    (file,) = wheel.glob("*.whl")
    machine.run("python3", "-m", "zipfile", "-e", f"/mnt/wheel/{file.name}", "/root/bad")
    (script,) = machine.says("sh", "-c", "ls /root/bad/*.data/data/share/emotion-edge/install.sh").splitlines()
    unit = f"{script.removesuffix('install.sh')}systemd/{OBSERVER}"
    machine.run("sed", "-i", "s|emotion-edge observe|emotion-edge obsurve|", unit)
    zipped = "import shutil; shutil.make_archive('/root/bad', 'zip', '/root/bad')"
    machine.run("sh", "-c", f'python3 -c "{zipped}" && mv /root/bad.zip /root/{file.name}')
    done = machine.run(*INSTALL[:-1], script, f"/root/{file.name}", check=False)

    assert done.returncode == 70
    assert "was taken back" in done.stderr
    assert machine.says("readlink", "/opt/emotion-edge/current") == current
    assert machine.says("cat", "/etc/emotion-edge/config.toml") == CONFIG.strip()
    pid(machine, OBSERVER)
    pid(machine, PUBLISHER)


@pytest.fixture
def new_release(machine: Machine, wheel: Path) -> Iterator[str]:
    """Yield the path, in the machine, of a wheel that is another release than the one that runs."""
    (file,) = wheel.glob("*.whl")
    path = f"/root/new/{file.name}"
    commented = f"import zipfile; zipfile.ZipFile('{path}', 'a').comment = b'new'"
    machine.run("sh", "-euc", f'mkdir /root/new; cp /mnt/wheel/{file.name} {path}; python3 -c "{commented}"')
    yield path
    machine.run("rm", "-r", "/root/new")


def releases(machine: Machine) -> str:
    """Return which releases are there, whole or not, and which one runs."""
    folder = "/opt/emotion-edge"
    return machine.says("find", f"{folder}/releases", f"{folder}/current", "-maxdepth", "1", "-printf", "%p %l\n")


def test_a_library_with_other_content_is_refused(machine: Machine, new_release: str) -> None:
    """Right name, version and file name: what someone at a mirror, or in the folder of wheels, can put there."""
    before = releases(machine), pid(machine, OBSERVER), pid(machine, PUBLISHER)
    folder = exchange(machine, "click")
    done = machine.run(*INSTALL[:2], f"PIP_FIND_LINKS={folder}", *INSTALL[3:], new_release, check=False)
    machine.run("rm", "-r", folder)
    assert done.returncode == 65
    refused = rf"^refused: click==\S+ from file://{folder}/click-\S+\.whl has other content than"
    assert re.search(refused, done.stderr, re.MULTILINE), done.stderr
    assert machine.says("ls", HOSTILE) == ""
    assert (releases(machine), pid(machine, OBSERVER), pid(machine, PUBLISHER)) == before


def test_a_wheel_that_its_checksums_do_not_name_is_refused(machine: Machine, new_release: str) -> None:
    before = releases(machine)
    machine.run("sh", "-c", "cd /mnt/wheel && sha256sum *.whl >/root/new/SHA256SUMS")
    done = machine.run(*INSTALL, new_release, check=False)
    assert done.returncode == 65
    said = f"install.sh: {new_release} is not the file that /root/new/SHA256SUMS names; download both again"
    assert done.stderr.splitlines()[-1] == said
    assert releases(machine) == before


def test_a_damaged_wheel_is_refused(machine: Machine, new_release: str) -> None:
    before = releases(machine)
    machine.run("truncate", "--size=100000", new_release)
    done = machine.run(*INSTALL, new_release, check=False)
    assert done.returncode == 65
    said = f"install.sh: {new_release} is no wheel, or it is damaged; copy or download it again"
    assert done.stderr.splitlines()[-1] == said
    assert releases(machine) == before


def test_a_reboot_during_an_outage_loses_nothing(machine: Machine) -> None:
    # A session that outlives its client: the broker keeps for it what is published while the client is away.
    collector = ("+/+/+/+/counts/#", "--id", "collector", "--disable-clean-session")
    with machine.subscriber(*collector) as following:
        last = following("/counts")
    machine.run("systemctl", "stop", "mosquitto")
    machine.run("systemctl", "disable", "mosquitto")
    until(lambda: re.search(r"(?:[2-9]|\d\d) records wait", machine.shows(PUBLISHER, "StatusText")), 60)
    machine.power_off()
    machine.boot()
    pid(machine, PUBLISHER)
    machine.run("systemctl", "start", "mosquitto")
    with machine.subscriber(*collector) as following:
        later = [
            following("", lambda record: record["boot"] == last["boot"] and record["seq"] > last["seq"])["seq"]
            for _ in range(2)
        ]
    assert later == [last["seq"] + 1, last["seq"] + 2]


def test_the_sandbox_can_ask_the_clock(machine: Machine) -> None:
    outside = machine.says("/opt/emotion-edge/current/bin/python3", "/mnt/source/tests/system/probe.py", "clock")
    assert [f"probe: {json.dumps(probe(machine, PUBLISHER, 'clock'))}"] == [outside]


def test_every_promise_is_seen_to_hold_but_the_one_that_this_configuration_waives(machine: Machine) -> None:
    pid(machine, OBSERVER)
    report = json.loads(machine.says("emotion-edge", "doctor", "--privacy", "--json"))
    states = {finding["code"]: finding["state"] for finding in report["findings"]}
    assert states.pop("promise.small-groups") == "failed"  # privacy.min_group = 1
    assert len(states) > 5
    assert set(states.values()) == {"ok"}, report


def test_a_drop_in_that_opens_the_wall_is_noticed(machine: Machine) -> None:
    folder = f"/run/systemd/system/{OBSERVER}.d"
    machine.run("mkdir", "-p", folder)
    machine.write(f"{folder}/open.conf", "[Service]\nPrivateNetwork=no\n")
    machine.run("systemctl", "daemon-reload")
    report = json.loads(machine.says("emotion-edge", "doctor", "--privacy", "--json"))
    assert {f["code"]: f["state"] for f in report["findings"]}["promise.no-network"] == "failed"
    machine.run("rm", "-r", folder)
    machine.run("systemctl", "daemon-reload")


def test_a_camera_on_the_network_is_reached_with_the_drop_in_and_no_other_address(machine: Machine) -> None:
    drop_in = f"/etc/systemd/system/{OBSERVER}.d"
    source = 'source = "rtsp://admin@192.0.2.7:8554/1"\npassword_file = "credential:emotion-edge.camera-password"'
    # A network: with the loopback interface alone, the observer takes itself for isolated.
    machine.run(
        "sh", "-c", "ip link add camera type veth && ip address add 192.0.2.7/32 dev camera && ip link set camera up"
    )
    machine.run(
        "systemd-run", "--unit=camera", "python3", "/mnt/source/tests/support/rtsp_camera.py", "8554", "/run/logins"
    )
    machine.run("mkdir", "-p", "/etc/credstore")
    machine.write("/etc/credstore/emotion-edge.camera-password", "geheim\n")
    machine.write("/etc/emotion-edge/config.toml", CONFIG.replace('source = "scene"', source))
    machine.run("systemctl", "restart", OBSERVER, check=False)
    until(lambda: "add the drop-in observer-network-camera.conf" in machine.journal(OBSERVER))

    machine.run(
        "install", "-D", "-m", "644", "/mnt/source/systemd/observer-network-camera.conf", f"{drop_in}/camera.conf"
    )
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", OBSERVER)
    until(lambda: "192.0.2.7 admin:geheim" in machine.says("cat", "/run/logins"), 120)
    report = json.loads(machine.says("emotion-edge", "doctor", "--privacy", "--json"))
    states = {finding["code"]: finding["state"] for finding in report["findings"]}
    found = probe(machine, OBSERVER, "connects", "writes")
    assert found["writes"] == []
    kernel_denies = "('127.0.0.1', 1883)" not in found["connects"]
    assert states.pop("promise.no-network") == ("warning" if kernel_denies else "failed"), report
    assert "promise.own-network" not in states
    assert set(states.values()) - {states["promise.small-groups"]} == {"ok"}, report
    if kernel_denies:
        assert found["connects"] == []

    machine.run("rm", "-r", drop_in, "/etc/credstore/emotion-edge.camera-password")
    machine.write("/etc/emotion-edge/config.toml", CONFIG)
    machine.run("systemctl", "stop", "camera")
    machine.run("ip", "link", "delete", "camera")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", OBSERVER)


def test_the_drop_in_of_metrics_opens_its_port_and_no_other(machine: Machine) -> None:
    allow = [line for line in (ROOT / "systemd" / "publisher-metrics.conf").read_text().splitlines() if "Bind" in line]
    assert allow == ["SocketBindAllow=tcp:9464"]
    bind = "import socket, sys; socket.create_server(('127.0.0.1', int(sys.argv[1])))"

    def opened(*properties: str) -> set[str]:
        words = [word for one in ("SocketBindDeny=any", *properties) for word in ("--property", one)]
        unit = ("systemd-run", "--quiet", "--wait", "--pipe", *words, "python3", "-c", bind)
        return {port for port in ("9464", "9465") if machine.run(*unit, port, check=False).returncode == 0}

    if opened():
        pytest.skip("SocketBindDeny= does not hold on this kernel: it needs BPF programs of control groups")
    assert opened(*allow) == {"9464"}


def retained(machine: Machine) -> set[str]:
    """Return the topics of what the broker keeps; 3 s is how long mosquitto_sub waits for more of it."""
    words = machine.beside("mosquitto_sub", "--retained-only", "-W", "3", "-F", "%t", "-t", "#", "-q", "1")
    return set(subprocess.run(words, capture_output=True, text=True, timeout=60, check=False).stdout.split())


def test_uninstalling_leaves_nothing_behind(machine: Machine) -> None:
    """The last one: afterwards the machine is blank, and the broker knows nothing of it."""
    uninstall = ("sh", "/mnt/source/deploy/uninstall.sh")
    said = machine.run(*uninstall).stdout
    assert "kept: /etc/emotion-edge /var/lib/emotion-edge; to remove this too: sudo sh" in said
    assert machine.says("systemctl", "list-unit-files", "--no-legend", "emotion-edge*") == ""
    assert machine.says("cat", "/etc/emotion-edge/config.toml") == CONFIG.strip()  # what is the operator's stays
    machine.run(*WHEEL)
    until(lambda: "homeassistant/device/pi-test/config" in retained(machine))
    # Drop-ins, and what the playbook copies.
    machine.run("mkdir", "-p", f"/etc/systemd/system/{OBSERVER}.d", "/usr/local/src/emotion-edge/deploy")
    machine.run("mkdir", "/etc/emotion-edge-pull", "/var/lib/emotion-edge-pull")
    timer = "[Timer]\nOnActiveSec=1d\n[Install]\nWantedBy=timers.target\n"
    machine.write("/etc/systemd/system/emotion-edge-pull.timer", timer)
    pulls = "emotion-edge-pull.service"
    machine.write(f"/etc/systemd/system/{pulls}", "[Service]\nType=oneshot\nExecStart=sleep 1d\n")
    machine.run("systemctl", "enable", "--now", "emotion-edge-pull.timer")
    machine.run("systemctl", "start", "--no-block", pulls)
    until(lambda: machine.shows(pulls, "ActiveState") == "activating")
    assert "still has" not in machine.run(*uninstall, "--purge").stderr
    assert machine.shows(pulls, "ActiveState") == "inactive", "a pull that goes on brings the device back"
    # What it left at its former site, from which a test above moved it, is no longer its own to take back.
    assert not {topic for topic in retained(machine) if not topic.startswith("emotion-edge/v1/south/")}
    machine.run("rm", "-rf", "/root/bad", *machine.says("sh", "-c", "ls /root/*.whl").split())  # a test above made them
    before = set(machine.says("cat", BEFORE).splitlines())
    assert sorted(set(contents(machine).splitlines()) - before) == []


def test_what_an_uninstalled_device_left_can_be_removed_afterwards(machine: Machine) -> None:
    """By the script that the release itself holds, then by what that prints."""
    machine.run("mkdir", "-p", "/etc/emotion-edge")
    machine.write("/etc/emotion-edge/config.toml", CONFIG)
    machine.run(*WHEEL)
    until(lambda: "homeassistant/device/pi-test/config" in retained(machine))
    said = machine.run("sh", "/opt/emotion-edge/current/share/emotion-edge/uninstall.sh").stdout
    assert "to remove this too: sudo rm -r /etc/emotion-edge /var/lib/emotion-edge\n" in said

    machine.run("mount", "--bind", "/var/lib/emotion-edge", "/var/lib/emotion-edge")  # as on a partition of its own
    again = machine.run("sh", "/mnt/source/deploy/uninstall.sh", "--purge")
    assert again.stdout.startswith("emotion-edge is not installed; no configuration, secret or count of it is left")
    machine.run("umount", "/var/lib/emotion-edge")
    machine.run("rmdir", "/var/lib/emotion-edge")  # it is empty
    assert left(machine) == ""
    (hint,) = [line for line in again.stderr.splitlines() if "mosquitto_sub" in line]
    assert hint in said
    subprocess.run(
        machine.beside(*shlex.split(hint.replace("SITE", "north").replace("DEVICE", "pi-test"))),
        check=False,  # it ends by its own time limit
        capture_output=True,
        timeout=60,
    )
    assert not {topic for topic in retained(machine) if not topic.startswith("emotion-edge/v1/south/")}


def test_before_its_configuration_is_edited_a_device_can_be_installed_again(machine: Machine) -> None:
    """As a play does whose settings were refused."""
    for _ in range(2):
        assert "installed, not started" in machine.run(*WHEEL).stdout
    assert "site" in machine.says("cat", "/etc/emotion-edge/config.toml")


def left(machine: Machine) -> str:
    """Return what is left of an installation."""
    paths = "/opt/emotion-edge /etc/emotion-edge /var/lib/emotion-edge /run/emotion-edge /usr/local/bin/emotion-edge"
    return machine.says("sh", "-c", f"ls -d {paths}; getent passwd | grep emotion-edge")
