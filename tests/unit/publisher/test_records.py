"""What the publisher makes of a record by itself: name, times, moment, model and rounding."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config import Settings
from edge.contract.records import EMOTIONS, MAX_FACES, MOST_TALLY, Disclosed, PrivacyNote
from edge.door.gate import Gate, Handled
from edge.door.lengths import Lengths
from edge.model.cascade import cascade_file
from edge.model.metadata import read_metadata
from edge.model.path import model_path
from edge.privacy.disclosure import DisclosureControl, disclose
from edge.publisher.coarseness import coarse
from edge.publisher.interval_times import IntervalTimes
from edge.publisher.lobby import Lobby
from edge.publisher.model_names import ModelNames
from edge.publisher.state import record_names
from edge.publisher.state.record_names import NEW_BOOTS_AT_ONCE, RecordNames
from edge.system.clock import IntervalClock, IntervalNames, iso
from edge.system.named_intervals import NamedIntervals
from edge.system.unwritten import Unwritten
from tests.support.counts import closed, counts, record

OPEN = PrivacyNote(min_group=1, max_share=1.0, min_cell=0.0)
NOBODY = Handled()


class Names:
    """A state directory, and the publishers that use it one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = 1000.0
        self.machine = "this boot"

    def start(self) -> RecordNames:
        return RecordNames(self.folder, self.machine, lambda: self.now)


@pytest.fixture
def names(tmp_path: Path) -> Names:
    return Names(tmp_path)


def test_a_start_of_the_observer_has_a_boot_of_its_own_and_numbers_from_nought(names: Names) -> None:
    publisher = names.start()
    first = [publisher.name(closed(seq=seq, boot="0badcafe"), NOBODY) for seq in (70, 71, 72)]
    second = publisher.name(closed(seq=3, boot="0badcaff"), NOBODY)
    boots = {boot for boot, _seq in first}
    assert len(boots) == 1
    assert [seq for _boot, seq in first] == [0, 1, 2]
    assert second[1] == 0
    assert second[0] not in boots | {"0badcafe", "0badcaff"}


def test_the_next_publisher_gives_a_record_the_same_name(names: Names) -> None:
    one = closed(seq=5)
    first = names.start()
    first.name(closed(seq=4), NOBODY)
    name = first.name(one, NOBODY)
    assert names.start().name(one, NOBODY) == name, "after a crash"
    first.keep(Handled(one.boot, 4, 990.0))
    second = names.start()
    assert second.handled == Handled(one.boot, 4, 990.0)
    assert second.name(one, NOBODY) == name


def test_what_was_acknowledged_in_an_earlier_boot_of_the_machine_is_of_no_use(names: Names) -> None:
    names.start().name(closed(), NOBODY)
    names.machine = "the next boot"
    assert names.start().handled is None


@pytest.mark.parametrize("damage", ["", "{}", "null", "\0" * 200, '{"machine": 1}', "ÿ"])
def test_a_damaged_note_begins_a_new_boot(names: Names, damage: str) -> None:
    before = names.start().name(closed(), NOBODY)
    (names.folder / "names.json").write_text(damage)
    publisher = names.start()
    assert publisher.handled is None
    assert publisher.name(closed(), NOBODY)[0] != before[0]


def test_a_note_that_no_disk_took_outlives_a_reload_and_is_written_when_there_is_room(
    names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a reload the records that the broker has, and that come again, were published under a second name."""
    unwritten = Unwritten(lambda: names.now)
    monkeypatch.setattr(record_names, "UNWRITTEN", unwritten)
    (names.folder / "names.new").mkdir()  # as a full disk: nothing can be written there
    name = names.start().name(closed(seq=4), NOBODY)
    assert names.start().name(closed(seq=4), NOBODY) == name
    assert not (names.folder / "names.json").exists()
    (names.folder / "names.new").rmdir()
    names.now += 60
    unwritten.run_due()
    monkeypatch.setattr(record_names, "UNWRITTEN", Unwritten())  # that of the next process
    assert names.start().name(closed(seq=4), NOBODY) == name


def test_an_observer_that_starts_at_every_interval_does_not_wear_out_the_card(names: Names) -> None:
    publisher = names.start()
    written, boots, last = 0, [], b""
    for number in range(500):
        names.now += 10
        boot, seq = publisher.name(closed(boot=f"{number:08x}"), NOBODY)
        boots.append((boot, seq))
        written += (now := (names.folder / "names.json").read_bytes()) != last
        last = now
    assert len(set(boots)) == 500, "two records have one name"
    assert written == len({boot for boot, _seq in boots}) <= NEW_BOOTS_AT_ONCE + 1 + 5000 / 600


def test_a_gate_goes_on_where_the_publisher_before_it_ended() -> None:
    now = 50_000.0
    gate = Gate(Lengths(10), handled=Handled("6f1c2a9e", 7, now - 20), monotonic=lambda: now)

    def admitted(**values: Any) -> tuple[bool, bool]:
        """Return whether a record passed, and whether as a repeated one."""
        return gate.admit(closed(**values).model_dump_json().encode()) is not None, gate.repeated

    assert admitted(seq=7, monotonic=now - 20) == (True, True)
    assert not admitted(seq=1, boot="00000001", monotonic=now - 30)[0], "older than what was acknowledged"
    assert admitted(seq=8, monotonic=now - 10) == (True, False)
    assert admitted(seq=9, monotonic=now) == (True, False)


def test_numbers_that_are_left_out_cost_their_intervals() -> None:
    now = [50_000.0]
    gate = Gate(Lengths(10), monotonic=lambda: now[0])
    numbers, seq = [], 0
    for interval in range(360):
        now[0] += 10
        for leap in (2, 1):
            if gate.admit(closed(seq=seq + leap, monotonic=now[0]).model_dump_json().encode()):
                seq += leap
                break
        numbers.append(seq)
        assert seq <= 1.03 * interval + 5
    assert len(set(numbers)) == 360, "a number of its own for each interval"


def test_an_interval_has_the_aligned_time_that_is_nearest_and_no_other_has_it() -> None:
    wall, monotonic = [1_800_000_003.0], [500.0]
    times = IntervalTimes(10, lambda: wall[0], lambda: monotonic[0], lambda: True)
    assert times.of(497.0) == ("2027-01-15T07:59:50Z", "2027-01-15T08:00:00Z", "synced")
    monotonic[0] = 510.0  # the clock was set back by as much as passed
    assert times.of(507.0)[0] == "2027-01-15T08:00:00Z", "the time after those that are taken"


@given(st.lists(st.floats(5, 15), min_size=2, max_size=50), st.floats(-1e6, 1e6))
def test_times_are_unique_whatever_the_observer_says_and_the_clock_does(gaps: list[float], step: float) -> None:
    wall = [1_800_000_000.0]
    times = IntervalTimes(10, lambda: wall[0], lambda: 0.0, lambda: False)
    ended, found = 1000.0, []
    for number, gap in enumerate(gaps):
        ended += gap
        if number == len(gaps) // 2:
            wall[0] += step
        found.append(times.of(ended))
    assert len({start for start, _end, _clock in found}) == len(found)


class Machine:
    """A machine whose clocks a test moves, and the processes that are started on it one after the other."""

    def __init__(self, folder: Path) -> None:
        self.named = NamedIntervals(folder, "this boot", lambda: self.monotonic)
        self.wall, self.monotonic = 1_800_000_000.0, 500.0

    def publisher(self, length: int = 10) -> IntervalTimes:
        return IntervalTimes(length, lambda: self.wall, lambda: self.monotonic, lambda: True, self.named)

    def observer(self, length: int = 10, names: IntervalNames | None = None) -> IntervalClock:
        """Start an observer, or let one read its settings again that has given `names`."""
        names = IntervalNames() if names is None else names
        names.avoid(self.named.read(length))
        return IntervalClock(length, lambda: self.wall, lambda: self.monotonic, names)

    def count(self, publisher: IntervalTimes, observer: IntervalClock, intervals: int) -> list[str]:
        """Return the starts of the next intervals."""
        starts = []
        for _ in range(intervals):
            passed = observer.next().deadline - self.monotonic
            self.monotonic += passed
            self.wall += passed
            starts.append(publisher.of(self.monotonic)[0])
        return starts


@pytest.mark.parametrize("orderly", [True, False])
def test_a_step_of_the_clock_while_nothing_runs_names_no_interval_twice(tmp_path: Path, *, orderly: bool) -> None:
    """The clock went back by 40 s between two starts: four intervals had the times of four others."""
    machine = Machine(tmp_path)
    publisher = machine.publisher()
    starts = machine.count(publisher, machine.observer(), 12)
    if orderly:
        publisher.close()
    machine.wall -= 40
    starts += machine.count(machine.publisher(), machine.observer(), 12)
    assert starts == sorted(set(starts))
    assert starts[-1] == iso(machine.wall - 10), "it has caught up"


def test_after_a_restart_without_a_step_times_are_those_of_the_clock(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    for _ in range(3):
        publisher = machine.publisher()
        starts = machine.count(publisher, machine.observer(), 7)
        assert starts[-1] == iso(machine.wall - 10)
        machine.wall += 4
        machine.monotonic += 4


@pytest.mark.parametrize("length", [5, 60, 600, 3600])
@pytest.mark.parametrize("counted", [180, 183, 185])
def test_after_a_reload_of_both_with_another_length_times_are_those_of_the_clock(
    tmp_path: Path, length: int, counted: int
) -> None:
    """From 10 s to an hour, each record was named an hour ahead until the observer was started again."""
    machine, names = Machine(tmp_path), IntervalNames()
    machine.wall -= 10
    publisher = machine.publisher()
    starts = machine.count(publisher, machine.observer(names=names), counted)
    observer = machine.observer(length, names)  # what the publisher has noted is half an hour old
    publisher.close()
    later = machine.count(machine.publisher(length), observer, 5)
    assert later == [iso(machine.wall - length * before) for before in (5, 4, 3, 2, 1)]
    assert later[0] > starts[-1]


def test_a_record_that_comes_again_after_a_crash_has_its_times_again(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    before = machine.publisher()
    times = [before.of(machine.monotonic - late) for late in (20, 10, 0)]
    machine.monotonic += 3
    machine.wall += 3
    after = machine.publisher()
    assert [after.of(machine.monotonic - 3 - late) for late in (20, 10, 0)] == times


def test_a_clock_that_was_years_ahead_is_forgotten_when_it_is_right(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.wall += 3e8
    machine.count(machine.publisher(), machine.observer(), 3)
    machine.wall -= 3e8
    machine.count(machine.publisher(), machine.observer(), 3)
    assert machine.count(machine.publisher(), machine.observer(), 1) == [iso(machine.wall - 10)]


@pytest.mark.parametrize("damage", [b"", b"{}", b"null", b"\0" * 200, b'{"machine":"this boot"}', b"\xff", b"[" * 9999])
def test_a_damaged_note_of_named_intervals_is_none(tmp_path: Path, damage: bytes) -> None:
    machine = Machine(tmp_path)
    (tmp_path / "named-intervals.json").write_bytes(damage)
    assert machine.named.read(10) == []
    machine.count(machine.publisher(), machine.observer(), 1)
    assert machine.named.read(10) != []


@given(st.lists(st.floats(0, 9.9), min_size=1, max_size=30))
def test_a_record_leaves_at_one_of_two_moments_whenever_it_came(arrivals: list[float]) -> None:
    now = [0.0]
    lobby = Lobby(10, lambda: 1_800_000_000.0 + now[0], lambda: now[0])
    moments = set()
    for number, arrival in enumerate(arrivals):
        now[0] = number * 20 + arrival
        lobby.enter(record(seq=number))
        assert not lobby.leave() or lobby.wait == 0
        now[0] += lobby.wait
        assert [one.record.seq for one in lobby.leave()] in ([number], [])
        moments.add(round(now[0] % 10, 3))
    assert moments <= {1.0, 6.0}


def test_only_models_of_this_device_are_believed_and_a_change_is_rare(settings: Settings) -> None:
    now = [0.0]
    models = ModelNames(settings, monotonic=lambda: now[0])
    standard, small = (read_metadata(model_path(name)).model_name for name in ("standard", "small"))
    assert not models.knows("emotion-edge-standard-1 (sha256 0123456789ab)")
    assert models.knows(standard)
    changes = 0
    for second in range(7200):
        now[0] = second
        changes += models.knows(small) and models.knows(standard)
    assert 1 <= changes <= 3
    assert cascade_file().is_file()


def test_a_model_that_was_updated_without_a_restart_is_known_a_minute_later(tmp_path: Path) -> None:
    metadata = json.loads(model_path("standard").with_suffix(".json").read_text())
    (tmp_path / "own.json").write_text(json.dumps(metadata | {"name": "own-1"}))
    now = [0.0]
    models = ModelNames(
        Settings.model_validate({"vision": {"model": str(tmp_path / "own.tflite")}}), monotonic=lambda: now[0]
    )
    (tmp_path / "own.json").write_text(json.dumps(metadata | {"name": "own-2"}))
    later = read_metadata(tmp_path / "own.tflite").model_name
    assert not models.knows(later)
    now[0] = 61.0
    assert models.knows(later)


def told(people: float, **more: Any) -> Disclosed:
    return disclose(counts(people, **more), OPEN, withheld=False)


@given(st.integers(0, 10_000), st.data())
def test_rounded_numbers_add_up_and_are_near_the_true_ones(tenths: int, data: st.DataObject) -> None:
    happy = data.draw(st.integers(0, tenths))
    sad = data.draw(st.integers(0, tenths - happy))
    before = told(tenths / 10, happy=happy / 10, sad=sad / 10)
    after = coarse(before, 20)
    parts = [*after.emotions.model_dump().values(), after.unsure]
    assert round(sum(part for part in parts if part is not None), 1) == after.faces.mean
    assert after.faces.mean is not None
    assert abs(after.faces.mean - tenths / 10) <= tenths / 10 / 100
    for name in EMOTIONS:
        assert abs(getattr(after.emotions, name) - getattr(before.emotions, name)) <= tenths / 10 / 50
    if tenths <= 200:
        assert after.emotions == before.emotions
    if after.faces.mean >= tenths / 10:  # else finer steps may hold for it: 400.1 becomes 400
        assert coarse(after, 20).emotions == after.emotions


@pytest.mark.parametrize("analysed", [13, 19, 20, 21])
def test_observations_are_whole_people_of_the_frames_that_the_record_names(analysed: int) -> None:
    before = disclose(counts(12.0, happy=5.0, sad=3.0, analysed=analysed), OPEN, withheld=False, observations=True)
    after = coarse(before, 20)
    shown = {name: (tally or 0) / after.frames.analysed for name, tally in after.observations if tally}
    assert shown == {"happy": 5.0, "sad": 3.0, "neutral": 4.0}


@pytest.mark.parametrize(
    ("analysed", "happy", "others"),
    [(1, MAX_FACES, 0), (60_000, 60_000_000, 0), (10**6, MOST_TALLY, MOST_TALLY), (MOST_TALLY, MOST_TALLY, MOST_TALLY)],
)
@pytest.mark.parametrize("min_group", [1, 5])
def test_any_observations_that_pass_the_door_can_be_published(
    analysed: int, happy: int, others: int, min_group: int
) -> None:
    """One packet ended the publisher again and again: the observer hands it in until it is acknowledged."""
    seen = counts(float(MAX_FACES), happy=400.0, sad=300.0).model_dump()
    tallies = dict.fromkeys((*EMOTIONS, "unsure"), others) | {"happy": happy}
    one = record(**seen | {"frames": {"analysed": analysed, "expected": 10}, "observations": tallies})
    privacy = PrivacyNote(min_group=min_group, max_share=1.0, min_cell=0.0)
    disclosed = DisclosureControl(observations=True).disclose(one, privacy)
    told = coarse(disclosed, expected=60 * 3600)  # the most that a configuration can say
    assert Disclosed.model_validate(told.model_dump()) == told


@pytest.mark.parametrize(
    ("analysed", "shown"), [(0, 0), (1, 5), (5, 5), (6, 10), (19, 20), (20, 20), (21, 20), (10**6, 20)]
)
def test_frames_are_told_in_quarters_of_those_that_were_expected(analysed: int, shown: int) -> None:
    people = 6.0 if analysed else 0.0
    assert coarse(told(people, analysed=analysed), 20).frames.model_dump() == {"analysed": shown, "expected": 20}
