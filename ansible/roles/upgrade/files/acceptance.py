"""Whether a new release does what the one before did: what a device says of itself, and what arrives at the broker.

It needs nothing but Python's standard library: the role `upgrade` runs it on devices, where the broker is watched, and
on the control node. Each command prints one line of JSON.

    acceptance.py state                           on the device, as root
    acceptance.py arrived FILE COUNT SECONDS ASKED  where `emotion-edge watch --jsonl FILE` runs
    acceptance.py judge                           facts of one device on standard input
    acceptance.py watch LOG PLAY SECONDS COMMAND…   runs it beside the process PLAY, SECONDS at most
"""

import contextlib
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

PROGRAM = "/opt/emotion-edge/current"
UNITS = ("emotion-edge-observer.service", "emotion-edge-publisher.service")
UNSEEN = ("not_observed", "paused")
"""Reasons (`suppressed`) with which a record says nothing of how many people there were."""
_DOCTOR_SECONDS = 180
_POLL_SECONDS = 0.5
_START_RECORDS = 3
"""How many records may pass before the camera is open; `arrived.yml` waits for as many intervals more."""


def anonymous_megabytes(unit: str) -> int:
    """Return the memory of all processes of a unit that is not of files, in MiB.

    From /proc: on Raspberry Pi OS the kernel counts no memory per control group unless its command line asks for it.
    """
    kilobytes = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if re.search(rf"/{re.escape(unit)}$", (folder / "cgroup").read_text(), re.MULTILINE):
                found = re.search(r"^RssAnon:\s+(\d+)", (folder / "status").read_text(), re.MULTILINE)
                kilobytes += int(found[1]) if found else 0
        except OSError:  # it has ended
            continue
    return round(kilobytes / 1024)


def shown(unit: str, name: str) -> str:
    """Return a property of a unit."""
    words = ["systemctl", "show", f"--property={name}", "--value", unit]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False).stdout.strip()


def doctor() -> dict[str, str]:
    """Return what `doctor` calls failed: a sentence for each code."""
    words = [f"{PROGRAM}/bin/emotion-edge", "doctor", "--json"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=_DOCTOR_SECONDS, check=False)
        findings = json.loads(done.stdout)["findings"]
    except (OSError, ValueError, KeyError, subprocess.TimeoutExpired) as error:
        return {"doctor": f"emotion-edge doctor gives no answer ({type(error).__name__})"}
    return {one["code"]: one["sentence"] for one in findings if one["state"] == "failed"}


def state() -> dict[str, Any]:
    """Return what a device says of itself."""
    return {
        "release": Path(PROGRAM).resolve().name,
        "active": {unit: shown(unit, "ActiveState") == "active" for unit in UNITS},
        "restarts": {unit: int(shown(unit, "NRestarts") or 0) for unit in UNITS},
        "megabytes": {unit: anonymous_megabytes(unit) for unit in UNITS},
        "failed": doctor(),
    }


def read(file: Path) -> Iterator[dict[str, Any]]:
    """Yield the records that `watch` has written so far; of a line that is still being written, nothing."""
    text = file.read_text() if file.exists() else ""
    for line in text.splitlines(keepends=True):
        if line.endswith("\n"):
            yield json.loads(line)


def mix(records: Iterable[dict[str, Any]]) -> dict[str, float]:
    """Return the share (0-1) of each emotion, of `unsure` and of `other`; empty where no record says any."""
    people: defaultdict[str, float] = defaultdict(float)
    for record in records:
        named = (record.get("emotions") or {}) | {name: record.get(name) for name in ("unsure", "other")}
        for name, number in named.items():
            people[name] += number or 0
    everyone = sum(people.values())
    return {name: number / everyone for name, number in people.items()} if everyone else {}


def of_mix(before: dict[str, float], after: dict[str, float], moved: float) -> Iterator[str]:
    """Yield that a model sees other emotions than the one before, in more than the share `moved` (0-1) of the people.

    The share is the total variation distance: what the two mixes do not have in common. Who was unsure before may show
    anything now: that says nothing of the model. A class may change its mood, too; but hardly more than half of it,
    over whole records.
    """
    if not before or not after:
        return
    more = {name: max(0.0, share - before.get(name, 0)) for name, share in after.items()}
    unsure = more.pop("unsure", 0.0)
    freed = max(0.0, before.get("unsure", 0) - after.get("unsure", 0))
    apart = unsure + max(0.0, sum(more.values()) - freed)
    if apart > moved:
        then, now = (max(one, key=lambda name: one[name]) for one in (before, after))
        yield (
            f"{apart:.0%} of the people show another emotion than with the release before, at most {moved:.0%} may; "
            f"most often {now} ({after[now]:.0%}), before {then} ({before[then]:.0%})"
        )


def of_device(records: Iterable[dict[str, Any]], device: str, former: list[str]) -> dict[str, Any]:
    """Return what arrived of a device.

    Args:
        records: as published.
        device: its id.
        former: `boot` of the records before the upgrade. With none, all records count; else those of other boots.

    Returns:
        boots: all that were seen. Of the records that count: `count`, `people` (the largest mean, None where every one
        was withheld), `seen` (how many say anything), `paused`, `mix` (see `mix`). `missing`: numbers that never came,
        by `boot`; from a boot that began under our eyes, the first ones, too.

    """
    numbers: defaultdict[str, set[int]] = defaultdict(set)
    counted = []
    for record in records:
        if record["device"] == device:
            numbers[record["boot"]].add(record["seq"])
            if not former or record["boot"] not in former:
                counted.append(record)
    means = [one["faces"]["mean"] for one in counted if one["faces"]["mean"] is not None]
    missing = {}
    for boot, seen in numbers.items():
        first = 0 if former and boot not in former else min(seen)
        if gaps := sorted(set(range(first, max(seen))) - seen):
            missing[boot] = gaps
    return {
        "boots": sorted(numbers),
        "count": len(counted),
        "people": max(means) if means else None,
        "seen": sum(one["suppressed"] not in UNSEEN for one in counted),
        "paused": sum(one["suppressed"] == "paused" for one in counted),
        "mix": mix(counted),
        "missing": missing,
    }


def enough(found: dict[str, Any], count: int) -> bool:
    """Return whether `count` records are there; the first ones of a slow start, with nobody observed, need more."""
    return found["count"] >= count + (0 if found["seen"] or found["paused"] else _START_RECORDS)


def arrived(file: Path, count: int, seconds: float, asked: dict[str, list[str]]) -> dict[str, Any]:
    """Wait until `count` records of each device are there, `seconds` at most; return what arrived of each.

    Args:
        file: what `watch` writes.
        count: of records that count, see `of_device` and `enough`.
        seconds: how long to wait.
        asked: for each device the boots before the upgrade.

    """
    end = time.monotonic() + seconds
    while True:
        records = list(read(file))
        found = {device: of_device(records, device, former) for device, former in asked.items()}
        if all(enough(one, count) for one in found.values()) or time.monotonic() > end:
            return found
        time.sleep(_POLL_SECONDS)


def of_records(before: dict[str, Any], after: dict[str, Any], count: int, moved: float) -> Iterator[str]:
    """Yield what is wrong with the records of a new release or model."""
    if after["count"] < count:
        yield f"{after['count']} of {count} records have arrived at the broker"
    for boot, numbers in after["missing"].items():
        yield f"records are missing at the broker: boot {boot}, seq {', '.join(map(str, numbers[:5]))}"
    if len(new := set(after["boots"]) - set(before["boots"])) > 1:
        yield f"the observer began anew {len(new) - 1} times"
    if after["count"] == 0 or after["paused"] == after["count"]:
        return
    if before["seen"] and not after["seen"]:
        yield "no record says who is there (suppressed: not_observed), and the release before observed"
    elif before["people"] and not after["people"]:
        yield f"no people are counted, and the release before counted up to {before['people']}"
    yield from of_mix(before["mix"], after["mix"], moved)


def of_device_itself(before: dict[str, Any], after: dict[str, Any], growth: int) -> Iterator[str]:
    """Yield what is wrong on the device; `growth` is how many MiB each process may have more than before."""
    for unit in UNITS:
        if not after["active"][unit]:
            yield f"{unit} does not run"
        if after["restarts"][unit] > 0:
            yield f"{unit} ended and was started again {after['restarts'][unit]} times"
        now, then = after["megabytes"][unit], before["megabytes"][unit]
        if now - then > growth:
            yield f"{unit} has {now} MiB of memory, {now - then} more than before; at most {growth} more are allowed"
    for code, sentence in after["failed"].items():
        if code not in before["failed"]:
            yield f"doctor: {code}: {sentence}"


def judge(facts: dict[str, Any]) -> list[str]:
    """Return why a device must go back, one sentence each; none where the new release is as good as the one before.

    Args:
        facts: `before` and `after` of the device (`state`), `records_before` and `records_after` (`arrived`), `count`
            records are needed, `growth` in MiB, `moved` as in `of_mix`. What could not be found out is null.

    """
    problems = []
    if facts["after"] is None or facts["before"] is None:
        problems.append("the device does not answer")
    else:
        problems += of_device_itself(facts["before"], facts["after"], facts["growth"])
    if facts["records_after"] is None or facts["records_before"] is None:
        problems.append("what arrived at the broker is not known")
    else:
        problems += of_records(facts["records_before"], facts["records_after"], facts["count"], facts["moved"])
    return problems


def beside(play: int, seconds: float, words: list[str]) -> None:
    """Run a program until it ends, until the process `play` does in whatever way, or for so many seconds.

    The kernel says when a process has ended (a file descriptor of it), so its number cannot be mistaken for that of
    another one. With 0, or where there is no such process, only the time counts.
    """
    program = subprocess.Popen(words, stdin=subprocess.DEVNULL)
    signal.signal(signal.SIGTERM, lambda *_: program.terminate())
    ended = select.poll()
    ended.register(os.pidfd_open(program.pid), select.POLLIN)
    with contextlib.suppress(OSError):
        if play:
            ended.register(os.pidfd_open(play), select.POLLIN)
    ended.poll(seconds * 1000)
    program.terminate()
    program.wait()


def watch(log: Path, play: int, seconds: float, words: list[str]) -> int:
    """Begin `beside` in a process of its own, which writes to `log`; return the number of that process."""
    if shutil.which(words[0]) is None:  # said here: nobody waits for what is written to the log
        sys.exit(f"{words[0]} is not installed on this machine; set upgrade_watch_command or upgrade_watch_host")
    if (process := os.fork()) > 0:
        return process
    os.setsid()
    with log.open("wb") as output, Path(os.devnull).open("rb") as nothing:
        for number, file in enumerate((nothing, output, output)):
            os.dup2(file.fileno(), number)
    beside(play, seconds, words)
    os._exit(0)


def main(words: list[str]) -> int:
    """Run one command; return the exit status."""
    match words:
        case ["state"]:
            answer: Any = state()
        case ["arrived", file, count, seconds, asked]:
            answer = arrived(Path(file), int(count), float(seconds), json.loads(asked))
        case ["judge"]:
            answer = judge(json.load(sys.stdin))
        case ["watch", log, play, seconds, *program] if program:
            answer = watch(Path(log), int(play), float(seconds), program)
        case _:
            sys.stderr.write(f"{__doc__}\n")
            return os.EX_USAGE
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
