"""Tasks of the roles by themselves, on this machine: none is booted, and nothing is installed."""

import os
import re
import runpy
import select
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.conftest import ROOT, SECONDS, Mosquitto, until
from tests.system.playbook import BIN, tool


def test_a_play_that_is_killed_leaves_nothing_that_watches(tmp_path: Path, broker: Mosquitto) -> None:
    """With the very tasks of the role; the play waits until it is killed."""
    (tmp_path / "ca.crt").touch()
    book = tmp_path / "play.yml"
    book.write_text(f"""\
- hosts: localhost
  connection: local
  gather_facts: false
  vars:
    _upgrade_folder: {{path: {tmp_path}}}
    upgrade_watch_user: somebody
    upgrade_watch_password: secret
    upgrade_watch_url: mqtt://127.0.0.1:{broker.port}
    upgrade_watch_command: {BIN}/emotion-edge
    upgrade_watch_python: {sys.executable}
  tasks:
    - include_role: {{name: "{ROOT}/ansible/roles/upgrade", tasks_from: follow}}
    - copy: {{content: "{{{{ _upgrade_watching.results[0].stdout }}}}", dest: "{tmp_path}/process"}}
    - wait_for: {{timeout: 600}}
""")
    with (tmp_path / "play.log").open("w") as log:
        words = [
            tool("ansible-playbook"),
            "-i",
            "localhost,",
            "-e",
            f"ansible_python_interpreter={sys.executable}",
            str(book),
        ]
        play = subprocess.Popen(words, stdout=log, stderr=log, process_group=0)
    try:
        until(lambda: (tmp_path / "process").exists() or play.poll() is not None)
        until(lambda: "emotion-edge-watch" in broker.log.read_text() or play.poll() is not None)
        assert play.poll() is None, (tmp_path / "play.log").read_text()
        watching = os.pidfd_open(int((tmp_path / "process").read_text()))
        (child,) = Path(f"/proc/{(tmp_path / 'process').read_text().strip()}/task").glob("*/children")
        program = os.pidfd_open(int(child.read_text()))
    finally:
        if play.poll() is None:
            os.killpg(play.pid, signal.SIGKILL)
            play.wait()
    for process in (watching, program):
        ended, _, _ = select.select([process], [], [], SECONDS)
        assert ended
        os.close(process)


def played(
    folder: Path, tasks: str, host: str = "", *, groups: tuple[str, ...] = ("devices",), check: bool = False
) -> "subprocess.CompletedProcess[str]":
    """Play what follows the head of a play on this machine; `host` are its variables in the inventory."""
    (folder / "hosts").write_text("".join(f"[{group}]\nlocalhost {host}\n" for group in groups))
    (folder / "play.yml").write_text(f"- hosts: localhost\n  connection: local\n  gather_facts: false\n{tasks}")
    words = [tool("ansible-playbook"), *(["--check"] if check else []), "-i", str(folder / "hosts")]
    words += ["-e", f"ansible_python_interpreter={sys.executable}", str(folder / "play.yml")]
    found = os.environ | {"ANSIBLE_ROLES_PATH": f"{ROOT}/ansible/roles"}
    return subprocess.run(words, capture_output=True, text=True, timeout=600, check=False, env=found)


def test_a_fault_of_what_watches_the_broker_is_not_blamed_on_the_device(tmp_path: Path) -> None:
    """A program that is missing, and one that cannot reach the broker; neither shows its password."""
    (tmp_path / "log").write_text("one line\nmqtts://broker:1: Connection refused\n")
    variables = f"""\
  vars:
    _upgrade_folder: {{path: {tmp_path}}}
    upgrade_watch_user: somebody
    upgrade_watch_password: geheim
    upgrade_watch_url: mqtt://127.0.0.1:1
    upgrade_watch_command: no-such-program
    upgrade_watch_python: {sys.executable}
    upgrade_intervals: 0
"""
    host = "device_id=pi-b12 device_settings='{\"interval_seconds\": -20}'"  # so that nothing is waited for
    done = played(tmp_path, f"{variables}  tasks: [include_role: {{name: upgrade, tasks_from: follow}}]\n")
    assert done.returncode == 2, done.stdout
    assert "no-such-program is not installed on this machine; set upgrade_watch_command" in done.stdout
    assert "geheim" not in done.stdout + done.stderr

    done = played(tmp_path, f"{variables}  tasks: [include_role: {{name: upgrade, tasks_from: before}}]\n", host)
    assert done.returncode == 2, done.stdout
    assert "no record of pi-b12 arrives at the broker before the upgrade" in done.stdout
    assert "What listens on localhost says: mqtts://broker:1: Connection refused. Look with" in done.stdout


def test_a_model_is_another_one_where_its_metadata_alone_changed(tmp_path: Path) -> None:
    """Calibration and threshold lie in the metadata: an upgrade must not take it for the model that is there."""
    for name, metadata in (("first", "{}"), ("same", "{}"), ("calibrated", '{"calibration": 1}'), ("half", None)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "ours.tflite").write_bytes(b"model")
        if metadata is not None:
            (tmp_path / name / "ours.json").write_text(metadata)
    (tmp_path / "emotion_edge-1.0-py3-none-any.whl").touch()
    tasks = "".join(
        f"""\
    - include_role: {{name: "{ROOT}/ansible/roles/device", tasks_from: target, public: true}}
      vars: {{device_model: "{tmp_path}/{name}/ours.tflite"}}
    - debug: {{msg: "MODEL {{{{ _device_model_file }}}}"}}
      vars: {{device_model: "{tmp_path}/{name}/ours.tflite"}}
"""
        for name in ("first", "same", "calibrated", "half")
    )
    book = tmp_path / "play.yml"
    head = "- hosts: localhost\n  connection: local\n  gather_facts: false\n"
    wheel = f"  vars: {{device_wheel: {tmp_path}/emotion_edge-1.0-py3-none-any.whl}}\n"
    book.write_text(f"{head}{wheel}  tasks:\n{tasks}")
    words = [tool("ansible-playbook"), "-i", "localhost,", "-e", f"ansible_python_interpreter={sys.executable}"]
    done = subprocess.run([*words, str(book)], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 2, done.stdout
    first, same, calibrated = re.findall(r"MODEL (/etc/emotion-edge/models/ours-[0-9a-f]{12}\.tflite)", done.stdout)
    assert first == same
    assert first != calibrated
    assert "half/ours.tflite is not whole: put NAME.tflite and NAME.json" in done.stdout


def test_a_model_that_runs_stays_until_its_upgrade(tmp_path: Path) -> None:
    """What the configuration names, of the model that runs (R) and that of the inventory (W)."""
    cases = {
        "no device yet": ("release: false, rc: 2, runs: ''", "W"),
        "another one runs": ("release: true, rc: 0, runs: R", "R"),
        "none but that of the release": ("release: true, rc: 1, runs: ''", ""),
        "the same runs": ("release: true, rc: 0, runs: W", "W"),
        "an upgrade": ("release: true, rc: 0, runs: R, device_upgrade: true", "W"),
    }
    template = f"lookup('template', '{ROOT}/ansible/roles/device/templates/config.toml.j2')"
    tasks = "".join(
        f"""\
    - copy: {{content: "{{{{ {template} }}}}", dest: "{tmp_path}/{number}"}}
      vars: {{{case}}}
"""
        for number, (case, _named) in enumerate(cases.values())
    )
    book = tmp_path / "play.yml"
    book.write_text(f"""\
- hosts: localhost
  connection: local
  gather_facts: false
  vars_files: ["{ROOT}/ansible/roles/device/vars/main.yml"]
  vars:
    device_model: ""
    device_upgrade: false
    device_id: pi
    device_site: north
    device_room: B12
    device_broker_url: mqtts://broker
    device_wheel: release.whl
    device_settings: {{vision: {{sensitivity: high, model: W}}}}
    _device_current: {{stat: {{exists: "{{{{ release }}}}"}}}}
    _device_model_runs: {{rc: "{{{{ rc }}}}", stdout: "{{{{ runs }}}}"}}
  tasks:
{tasks}""")
    words = [tool("ansible-playbook"), "-i", "localhost,", "-e", f"ansible_python_interpreter={sys.executable}"]
    done = subprocess.run([*words, str(book)], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout
    for number, (name, (_case, named)) in enumerate(cases.items()):
        vision = tomllib.loads((tmp_path / str(number)).read_text())["vision"]
        assert vision == {"sensitivity": "high"} | ({"model": named} if named else {}), name


def test_a_hub_installs_no_release_that_nobody_has_signed(tmp_path: Path) -> None:
    """It is asked before anything is changed; a trial run, so that nothing can be."""
    wheel = tmp_path / "emotion_edge-1.0-py3-none-any.whl"
    wheel.touch()
    (tmp_path / "signers").touch()
    variables = f"""\
  vars:
    hub_site: north
    hub_broker_url: mqtts://broker
    hub_wheel: {wheel}
    device_allowed_signers: {tmp_path}/signers
"""
    done = played(tmp_path, f"{variables}  roles: [hub]\n", check=True)
    assert done.returncode == 2, done.stdout
    assert f"There is no {wheel}.sig: put the signature of the release beside its wheel" in done.stdout
    assert "changed=0" in done.stdout


def test_what_is_missing_is_said_by_name_before_anything_is_changed(tmp_path: Path) -> None:
    """The machine of the tests is the host: it has no partition for the state, and nothing of it is changed."""
    done = played(
        tmp_path,
        f"""\
  vars:
    device_id: pi
    device_wheel: {tmp_path}/dist/release.whl
    device_read_only_root: true
    device_security_updates: true
  tasks: [include_role: {{name: device, tasks_from: preflight}}]
""",
        groups=("devices", "broker"),
    )
    assert done.returncode == 2, done.stdout
    said = " ".join(done.stdout.split())
    if Path("/var/lib").stat().st_dev == Path("/").stat().st_dev:
        assert "its folder /var/lib/emotion-edge lies on the root" in said, done.stdout
    assert "it is the broker or the hub, too, whose files would be lost" in said, done.stdout
    assert "what it pulls or updates by itself would be lost" in said, done.stdout
    assert "its root is read-only" not in said, "it is not, here"
    assert f"there is no {tmp_path}/dist/release.whl on the control node; make it (make wheel)" in said, done.stdout


def test_the_way_of_raspi_config_is_known_by_the_kernel_command_line() -> None:
    """It makes the partition of the state read-only, too; `recurse=0`, as the role writes it, does not."""
    recurses = runpy.run_path(str(ROOT / "ansible/roles/device/files/preflight.py"))["recurses"]
    assert recurses("overlayroot=tmpfs console=tty1 root=PARTUUID=1-02 rootwait")
    assert recurses("root=PARTUUID=1-02 overlayroot=tmpfs:swap=1")
    for fine in ("console=tty1", "overlayroot=tmpfs:recurse=0 quiet", "overlayroot=disabled", "overlayroot= quiet"):
        assert not recurses(fine), fine
