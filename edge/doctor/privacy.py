"""Every privacy promise, what enforces it, and whether it holds here: read from the running system, not a file."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from edge.config import Settings, address
from edge.contract.records import ClosedInterval
from edge.doctor.finding import Finding
from edge.errors import EX_CONFIG
from edge.privacy.practice import Practice
from edge.system.units import OBSERVER, PUBLISHER, denies_addresses, unit_properties

_DROP_IN = "`systemctl cat {unit}` shows which drop-in changes that; remove it, or run deploy/install.sh again"


class _Promise(NamedTuple):
    code: str
    words: str
    unit: str
    holds: dict[str, str]
    """Property of the unit and the value that it must have."""


_PROMISES = (
    _Promise(
        "promise.no-network",
        "the observer reaches no network (PrivateNetwork=, IPAddressDeny=)",
        OBSERVER,
        {"PrivateNetwork": "yes", "IPAddressDeny": "::/0 0.0.0.0/0"},
    ),
    _Promise(
        "promise.no-writes",
        "the observer can write no file (ProtectSystem=strict, no writable path)",
        OBSERVER,
        {"ProtectSystem": "strict", "ProtectHome": "yes", "ReadWritePaths": "", "StateDirectory": "", "BindPaths": ""},
    ),
    _Promise("promise.no-core-dump", "a crash leaves no frame behind (LimitCORE=0)", OBSERVER, {"LimitCORE": "0"}),
    _Promise(
        "promise.no-privileges",
        "the observer can gain no privileges (NoNewPrivileges=, no capabilities)",
        OBSERVER,
        {"NoNewPrivileges": "yes", "CapabilityBoundingSet": ""},
    ),
    _Promise(
        "promise.no-camera",
        "the publisher opens no camera (PrivateDevices=, DevicePolicy=closed)",
        PUBLISHER,
        {"PrivateDevices": "yes", "DevicePolicy": "closed", "DeviceAllow": ""},
    ),
)


def check(settings: Settings) -> Iterator[Finding]:
    """Check every promise on this system."""
    for promise in _PROMISES:
        apart = promise.code == "promise.no-network" and settings.camera.needs_network
        yield _network_camera(promise, address.host(settings.camera.source)) if apart else _unit(promise)
    if not settings.camera.needs_network:
        yield _namespace()
    yield _swap()
    yield _record()
    yield _groups(settings)


def _unit(promise: _Promise) -> Finding:
    properties = unit_properties(promise.unit)
    if properties.get("LoadState") != "loaded":
        remedy = "run deploy/install.sh; without the units `emotion-edge run` does what an unprivileged process can"
        return Finding(promise.code, "failed", f"{promise.words}: {promise.unit} is not installed", remedy, EX_CONFIG)
    wrong = [
        f"{name}={properties.get(name, '')}"
        for name, value in promise.holds.items()
        if set(properties.get(name, "").split()) != set(value.split())
    ]
    if wrong:
        remedy = _DROP_IN.format(unit=promise.unit)
        return Finding(promise.code, "failed", f"{promise.words}: does not hold, {', '.join(wrong)}", remedy, EX_CONFIG)
    return Finding(promise.code, "ok", promise.words)


def _network_camera(promise: _Promise, host: str) -> Finding:
    """Say of a camera on the network that the promise no longer holds, and whether the observer reaches that alone."""
    words = f"{promise.words}: does not hold, camera.source is on the network"
    properties = unit_properties(promise.unit)
    denied = set(properties.get("IPAddressDeny", "").split()) == {"::/0", "0.0.0.0/0"}
    allowed = {
        network.removesuffix("/32").removesuffix("/128") for network in properties.get("IPAddressAllow", "").split()
    }
    if not denied or allowed != {host.strip("[]")}:
        remedy = f"set IPAddressAllow={host} and no other address in the drop-in, see systemd/README.md"
        return Finding(promise.code, "failed", f"{words}, and the unit is not limited to {host}", remedy, EX_CONFIG)
    match denies_addresses():
        case True:
            return Finding(promise.code, "warning", f"{words}; it reaches {host} alone", "none")
        case False:
            problem = f"{words}; the unit is limited to {host}, and this kernel does not enforce that"
            remedy = "use a kernel with CONFIG_CGROUP_BPF, or let a firewall limit this device"
            return Finding(promise.code, "failed", problem, remedy, EX_CONFIG)
        case None:
            problem = f"{words}; the unit is limited to {host}; only root can test whether the kernel enforces that"
            return Finding(promise.code, "warning", problem, "sudo emotion-edge doctor --privacy")


def _namespace() -> Finding:
    """Check the running process, not only its unit."""
    code, words = "promise.own-network", "the observer is in a network namespace of its own"
    pid = unit_properties(OBSERVER).get("MainPID", "0")
    if pid == "0":
        return Finding(code, "skipped", f"{words}: the observer does not run now", f"systemctl start {OBSERVER}")
    try:
        apart = Path(f"/proc/{pid}/ns/net").readlink() != Path("/proc/self/ns/net").readlink()
    except PermissionError:
        return Finding(code, "skipped", f"{words}: only root can see that", "sudo emotion-edge doctor --privacy")
    except FileNotFoundError:
        return Finding(code, "skipped", f"{words}: the observer has just ended", "try again")
    if apart:
        return Finding(code, "ok", words)
    return Finding(code, "failed", f"{words}: does not hold", _DROP_IN.format(unit=OBSERVER), EX_CONFIG)


def _swap() -> Finding:
    """Check the kernel: MemorySwapMax= works only with memory accounting, which Raspberry Pi OS switches off."""
    code, words = "promise.no-swap", "no frame goes to swap (MemorySwapMax=0)"
    if len(Path("/proc/swaps").read_text().splitlines()) <= 1:
        return Finding(code, "ok", f"{words}: there is no swap")
    group = unit_properties(OBSERVER).get("ControlGroup", "")
    limit = Path(f"/sys/fs/cgroup{group}/memory.swap.max")
    if group and limit.exists() and limit.read_text().strip() == "0":
        return Finding(code, "ok", words)
    remedy = "append cgroup_enable=memory to /boot/firmware/cmdline.txt and reboot, or switch swap off"
    return Finding(
        code, "failed", f"{words}: does not hold, there is swap and the kernel sets no limit", remedy, EX_CONFIG
    )


def _record() -> Finding:
    """Check the door's schema: data without a field in it cannot pass."""
    closed = ClosedInterval.model_config.get("extra") == "forbid"
    words = f"only counts pass the door: {len(ClosedInterval.model_fields)} fields of a closed schema"
    if closed:
        return Finding("promise.counts-only", "ok", words)
    return Finding(
        "promise.counts-only", "failed", f"{words}: does not hold", "install an unchanged release", EX_CONFIG
    )


def _groups(settings: Settings) -> Finding:
    """Check the configuration; settings that were tightened remotely can only add to it."""
    least = settings.privacy.min_group
    words = f"values of fewer than {least} people are withheld (privacy.min_group)"
    if left := Practice.of(settings).seconds_left:
        problem = f"{words}: does not hold for {left / 60:.0f} more minutes, there is practice"
        return Finding("promise.small-groups", "warning", problem, "it ends by itself, or: emotion-edge practice --off")
    if least > 1:
        return Finding("promise.small-groups", "ok", words)
    remedy = "set privacy.min_group to 5 or more"
    problem = "the values of a single person are published"
    return Finding("promise.small-groups", "failed", problem, remedy, EX_CONFIG)
