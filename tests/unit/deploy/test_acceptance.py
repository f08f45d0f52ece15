"""What makes an upgrade go back: records that are missing, zeros, memory, a new finding; and what does not."""

import concurrent.futures
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, SECONDS, until

_SPEC = importlib.util.spec_from_file_location("acceptance", ROOT / "ansible/roles/upgrade/files/acceptance.py")
assert _SPEC is not None
assert _SPEC.loader is not None
acceptance = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(acceptance)
OBSERVER, PUBLISHER = acceptance.UNITS


def record(boot: str, seq: int, mean: float | None = 4.0, suppressed: str | None = None) -> dict[str, Any]:
    return {"device": "pi", "boot": boot, "seq": seq, "faces": {"mean": mean}, "suppressed": suppressed}


def state(**changes: Any) -> dict[str, Any]:
    """Return what a healthy device says."""
    usual = {
        "active": {OBSERVER: True, PUBLISHER: True},
        "restarts": {OBSERVER: 0, PUBLISHER: 0},
        "megabytes": {OBSERVER: 100, PUBLISHER: 30},
        "failed": {"power": "the supply is weak"},
    }
    return usual | changes


BEFORE = [record("a", 7), record("a", 8)]
AFTER = [record("b", 0), record("b", 1)]


def problems(
    tmp_path: Path, before: list[dict[str, Any]], after: list[dict[str, Any]], now: dict[str, Any] | None = None
) -> list[str]:
    """Return the verdict on records as `watch` writes them, and on a device."""
    file = tmp_path / "records"
    file.write_text("".join(json.dumps(one) + "\n" for one in before))
    first = acceptance.arrived(file, len(before), 0, {"pi": []})["pi"]
    with file.open("a") as more:
        more.writelines(json.dumps(one) + "\n" for one in after)
        more.write('{"device": "pi", "bo')  # the line that is being written
    second = acceptance.arrived(file, 2, 0, {"pi": first["boots"]})["pi"]
    facts = {"before": state(), "after": now or state(), "records_before": first, "records_after": second}
    found: list[str] = acceptance.judge(facts | {"count": 2, "growth": 50, "moved": 0.5})
    return found


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (BEFORE, AFTER),
        ([*BEFORE, record("a", 10)], [record("a", 9), *reversed(AFTER)]),  # one that was late
        ([record("a", 7, None, "below_min_group")], [record("b", n, None, "below_min_group") for n in (0, 1)]),
        ([record("a", 7, None, "not_observed")], [record("b", n, None, "not_observed") for n in (0, 1)]),
        (BEFORE, [record("b", n, None, "paused") for n in (0, 1)]),  # the lesson has ended
        ([record("a", 7, 0.0)], [record("b", n, 0.0) for n in (0, 1)]),  # an empty room
    ],
)
def test_a_release_that_does_what_the_one_before_did_stays(
    tmp_path: Path, before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> None:
    assert problems(tmp_path, before, after) == []


@pytest.mark.parametrize(
    ("after", "problem"),
    [
        (AFTER[:1], "1 of 2 records have arrived"),
        ([record("b", 0), record("b", 2)], "missing at the broker: boot b, seq 1"),
        ([record("b", 1), record("b", 2)], "missing at the broker: boot b, seq 0"),
        ([record("a", 11), *AFTER], "missing at the broker: boot a, seq 9, 10"),
        ([record("b", 0), record("c", 0)], "the observer began anew 1 times"),
        ([record("b", 0, 0.0), record("b", 1, 0.0)], "no people are counted, and the release before counted up to 4.0"),
        ([record("b", n, None, "below_min_group") for n in (0, 1)], "no people are counted"),
        ([record("b", n, None, "not_observed") for n in (0, 1)], "no record says who is there"),
    ],
)
def test_records_that_are_worse_than_before_are_named(
    tmp_path: Path, after: list[dict[str, Any]], problem: str
) -> None:
    (found,) = problems(tmp_path, BEFORE, after)
    assert problem in found


@pytest.mark.parametrize(
    ("now", "problem"),
    [
        ({"megabytes": {OBSERVER: 151, PUBLISHER: 30}}, f"{OBSERVER} has 151 MiB of memory, 51 more than before"),
        ({"restarts": {OBSERVER: 0, PUBLISHER: 2}}, f"{PUBLISHER} ended and was started again 2 times"),
        ({"active": {OBSERVER: False, PUBLISHER: True}}, f"{OBSERVER} does not run"),
        ({"failed": {"power": "as before", "model": "cannot be read"}}, "doctor: model: cannot be read"),
    ],
)
def test_a_device_that_is_worse_than_before_is_named(tmp_path: Path, now: dict[str, Any], problem: str) -> None:
    (found,) = problems(tmp_path, BEFORE, AFTER, state(**now))
    assert problem in found


def shown(boot: str, seq: int, unsure: float | None = 0.0, **emotions: float | None) -> dict[str, Any]:
    return record(boot, seq) | {"emotions": emotions, "unsure": unsure}


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [
        ({"happy": 2.0, "neutral": 2.0}, {"happy": 4.0, "neutral": 0.0}, None),  # a joke
        (
            {"happy": 1.0, "neutral": 3.0},
            {"disgust": 4.0, "neutral": 0.0},
            "most often disgust (100%), before neutral (75%)",
        ),
        ({"happy": 1.0, "neutral": 3.0}, {"happy": None, "neutral": None}, None),  # all are withheld
        ({"unsure": 4.0, "happy": 0.0}, {"happy": 4.0}, None),  # they had just come in
        ({"unsure": 1.0, "neutral": 3.0}, {"disgust": 4.0}, "75% of the people show another emotion"),
        ({"neutral": 4.0}, {"unsure": 4.0, "neutral": 0.0}, "most often unsure (100%), before neutral (100%)"),
    ],
)
def test_a_model_that_sees_other_emotions_in_most_people_is_named(
    tmp_path: Path, before: dict[str, float | None], after: dict[str, float | None], moved: str | None
) -> None:
    found = problems(tmp_path, [shown("a", n, **before) for n in (7, 8)], [shown("b", n, **after) for n in (0, 1)])
    assert (moved is None and found == []) or (moved is not None and moved in found[0])


def test_a_slow_start_gets_more_records_before_it_is_judged(tmp_path: Path) -> None:
    file = tmp_path / "records"
    unseen = [record("b", n, None, "not_observed") for n in range(2)]
    lines = [json.dumps(one) + "\n" for one in [*BEFORE, *unseen]]
    file.write_text("".join(lines))
    with concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = pool.submit(acceptance.arrived, file, 2, 60, {"pi": ["a"]})
        with pytest.raises(TimeoutError):
            waiting.result(1)
        with file.open("a") as more:
            more.write(json.dumps(record("b", 2)) + "\n")
        assert waiting.result(60)["pi"]["seen"] == 1


def test_what_watches_ends_after_its_time_where_no_play_can_be_followed(tmp_path: Path) -> None:
    """As on another machine than that of the play. That it ends with a play is tested with a play."""
    log = tmp_path / "log"
    program = ["sh", "-c", 'trap "echo ended; exit" TERM; echo begun; while :; do sleep 0.1; done']
    words = [sys.executable, str(acceptance.__file__), "watch", str(log), "0", "5", *program]
    subprocess.run(words, capture_output=True, timeout=SECONDS, check=True)
    until(lambda: log.exists() and log.read_text() == "begun\nended\n")


def test_a_program_that_is_not_there_is_named_and_nothing_is_begun(tmp_path: Path) -> None:
    """A play took the device for silent: nothing can arrive where nothing listens."""
    words = [sys.executable, str(acceptance.__file__), "watch", str(tmp_path / "log"), "0", "5", "no-such", "watch"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert (done.returncode, done.stdout, list(tmp_path.iterdir())) == (1, "", [])
    assert done.stderr == (
        "no-such is not installed on this machine; set upgrade_watch_command or upgrade_watch_host\n"
    )
