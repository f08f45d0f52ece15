"""Disclosure control for one interval: which of its values are published, and which are withheld.

Each entry names an attack by someone who knows this code and reads every record, and the rule against it. The terms
are those of Hundepool et al., "Statistical Disclosure Control" (Wiley, 2012), chapters 4 and 5. What each attack still
gains is measured: `python -m tests.attacks.adversaries`, and the table in docs/design/privacy.md.

- *A small group behind a large mean.* A crowd for six seconds and one person for four have a mean above five, and
  people who have left are remembered for a moment. Rule: `min_group` people were found in nearly every look of the
  interval (`steady`, `edge.counting.interval`). People who are only remembered and faces that never move do not count.
- *A passer-by.* Someone in view for 7 of 20 frames would be the only 0.35 of a person in the record, beside their
  emotion. Rule: emotions are those of people who were in view throughout, each with the same weight; others are unsure.
- *The threshold as a switch.* One person leaves and comes back. Without a rule the records before, between and after
  would all be published. Rule: after a withheld interval, `min_group` + 1 people are needed to publish again. A process
  that has just started does not know what was before, so it begins as after a withheld interval.
- *Two records.* Someone leaves between two records, and the others stay as they are: the difference is one emotion.
  Rule: in each record one person is counted under another emotion (`edge.privacy.swapping`).
- *Unanimity.* A record that says that all others show the same names everyone's emotion, and someone in the room
  already knows one answer, their own. Rule: of all but one of those who are not unsure, the largest published emotion
  is at most `max_share`, and leaves out at least two; a larger one is published as the largest value allowed.
- *Observations.* Exact tallies undo every rule above. Rule: they are not published. Where `privacy.observations` is on,
  they are rounded to whole people, the same person is moved as in the emotions, and unanimity is withheld.
- *A cell from the sum.* `emotions`, `unsure` and `other` add up to `faces.mean`, so one folded cell could be computed
  as the difference. Rule: more cells are folded with it (secondary suppression), smallest first, until there are two
  and `other` has at least `min_cell` people.
- *A cell from the rule.* The reason for folding can leave only one possible value (Wong et al., "Minimality attack in
  privacy preserving data publishing", VLDB 2007). Rule: equal cells are treated equally, so any permutation of the
  folded values is folded too. One case remains: all folded cells are equal and as large as a small cell can be. Then
  folding continues.
- *A cell from a linked table.* Observations of the same people would narrow every folded cell. Rule: with `min_cell`
  they are never published.
- *A cell from the error.* A record also says how many people may be counted under a wrong emotion. An error that was
  computed from the true cells would reveal folded ones. Rule: `emotions_error` is a function of `faces.mean` and
  `model` only (`edge.counting.uncertainty`), which are in the same record, and null if `faces.mean` is: it adds no
  information.
- *Averaging.* As long as no whole person changes, the same room gives the same record every time.

With `min_group` = 1 a single person is published, so groups are not protected: nothing is moved, and `max_share` is a
share of all.
"""

import math
from collections.abc import Mapping
from typing import Any

from edge.contract.records import (
    EMOTIONS,
    MOST_TALLY,
    Counted,
    Counts,
    Disclosed,
    Emotions,
    Faces,
    Mode,
    Observations,
    PrivacyNote,
    Suppression,
)
from edge.counting.rounding import shares_to_tenths
from edge.privacy.swapping import Move, Swapping, moved

_LABELS = (*EMOTIONS, "unsure")
_NOTHING = Emotions(**dict.fromkeys(EMOTIONS, None))
_NO_OBSERVATION = Observations(**dict.fromkeys(_LABELS, None))
_DISSENTERS = 2
"""Least number of others who are not in the largest emotion, as one of the group sees it."""


class DisclosureControl:
    """Applies `disclose` to successive intervals and remembers whether the last one was withheld."""

    def __init__(self, *, observations: bool = False, key: bytes | None = None) -> None:
        """Begin as after a withheld interval.

        Args:
            observations: whether observations may be published at all.
            key: of `Swapping`; None draws one.

        """
        self._observations = observations
        self._swapping = Swapping(key)
        self._withheld = True

    def disclose(
        self, counts: Counted, privacy: PrivacyNote, *, paused: bool = False, practice: bool = False
    ) -> Disclosed:
        """Apply the settings to the next interval; intervals without an analysed frame do not change the memory.

        After `practice`, in which small groups are published, it goes on as after a withheld interval.
        """
        if paused:
            return _withhold(counts, "paused")
        move = None
        if moves_one(privacy, counts.mode):
            move = self._swapping.move(counts, lambda move: not _is_above(moved(_cells(counts), move), privacy))
        disclosed = disclose(counts, privacy, withheld=self._withheld, move=move, observations=self._observations)
        if disclosed.suppressed != "not_observed":
            self._withheld = practice or disclosed.suppressed == "below_min_group"
        return disclosed


def moves_one(privacy: PrivacyNote, mode: Mode) -> bool:
    """Return whether one person of each record is counted under another emotion, see `Swapping`."""
    return privacy.min_group > 1 and mode == "emotions"


def disclose(
    counts: Counted, privacy: PrivacyNote, *, withheld: bool, move: Move = None, observations: bool = False
) -> Disclosed:
    """Apply the privacy settings to the counts of one interval.

    - No analysed frame: every value is null. That does not mean that the room was empty.
    - Fewer than `min_group` people: every value is null.
    - Near-unanimity: the largest emotion is published as the largest value allowed, the rest of the people is in
      `unsure`, the other emotions and the observations are null. So a reader cannot distinguish a unanimous room.
    - Emotions below `min_cell` people, and those that would reveal them, are null; `other` is their sum.

    In presence mode only faces are published or withheld.

    Args:
        counts: the interval as it came through the door; no value of it is withheld yet.
        privacy: the settings in force.
        withheld: whether the interval before was withheld because of `min_group`.
        move: who is counted under another emotion, of `Swapping`; None for no one.
        observations: whether they may be published at all.

    """
    if not counts.frames.analysed:
        return _withhold(counts, "not_observed")
    if not _large(counts, privacy.min_group, withheld=withheld):
        return _withhold(counts, "below_min_group")
    if counts.mode == "presence":
        return _disclosed(counts)
    return _emotions(counts, privacy, move, observations=observations)


def _emotions(counts: Counts, privacy: PrivacyNote, move: Move, *, observations: bool) -> Disclosed:
    before = _cells(counts)
    cells = moved(before, move)
    for table in (before, cells):  # one that only the move lifts above the limit would say who was moved
        if _is_above(table, privacy):
            return _band(counts, table, privacy)
    if privacy.min_cell > 0:
        return _folded(counts, cells, privacy.min_cell)
    unsure = cells.pop("unsure")
    tallies = _whole_people(counts, privacy, move) if observations else _NO_OBSERVATION
    hidden = observations and tallies == _NO_OBSERVATION
    return _disclosed(
        counts, "above_max_share" if hidden else None, emotions=Emotions(**cells), unsure=unsure, observations=tallies
    )


def _disclosed(counts: Counts, suppressed: Suppression | None = None, **changed: Any) -> Disclosed:  # noqa: ANN401 - any value
    """Return the counts as they are, except for the `changed` fields."""
    values = {name: getattr(counts, name) for name in Counts.model_fields}
    return Disclosed.model_validate(values | {"other": None, "suppressed": suppressed} | changed)


def _large(counts: Counted, min_group: int, *, withheld: bool) -> bool:
    if min_group == 1:
        return True  # a single person may be published, so nothing is withheld, and an empty room is 0
    return min(counts.steady, counts.faces.mean or 0.0) >= min_group + withheld


def _cells(counts: Counts) -> dict[str, float]:
    return {name: value or 0.0 for name, value in (*counts.emotions, ("unsure", counts.unsure))}


def _is_above(cells: Mapping[str, float], privacy: PrivacyNote) -> bool:
    """Return whether the largest emotion is nearly unanimous."""
    return max(cells[name] for name in EMOTIONS) > _most(sum(cells.values()), cells["unsure"], privacy)


def _most(people: float, unsure: float, privacy: PrivacyNote) -> float:
    """Return how many people may be published under one emotion; below 0 where no emotion may be published."""
    if privacy.max_share == 1 or privacy.min_group == 1:
        return round(privacy.max_share * people, 6)
    others = people - unsure - 1  # someone in the room knows one answer already, their own
    return round(min(privacy.max_share * others, others - _DISSENTERS), 6)


def _band(counts: Counts, cells: Mapping[str, float], privacy: PrivacyNote) -> Disclosed:
    leading = max(EMOTIONS, key=cells.__getitem__)
    most = max(0.0, _most(sum(cells.values()), cells["unsure"], privacy))
    most = most if most >= privacy.min_cell else 0.0  # a small cell is not named here, either
    band = shares_to_tenths({leading: most, "unsure": (counts.faces.mean or 0.0) - most})
    emotions = _NOTHING.model_copy(update={leading: band[leading] or None})  # 0.0 would only name it
    return _disclosed(counts, "above_max_share", emotions=emotions, unsure=band["unsure"], observations=_NO_OBSERVATION)


def _whole_people(counts: Counts, privacy: PrivacyNote, move: Move) -> Observations:
    """Return the observations after the move, as multiples of the analysed frames; all null where nearly unanimous."""
    analysed = counts.frames.analysed
    people = {name: (tally or 0) / analysed for name, tally in counts.observations}
    after = moved(people, move)
    if _is_above(people, privacy) or _is_above(after, privacy):
        return _NO_OBSERVATION
    most = MOST_TALLY // analysed  # the contract has no place for more
    return Observations(**{name: analysed * min(most, round(value)) for name, value in after.items()})


def _folded(counts: Counts, people: Mapping[str, float], min_cell: float) -> Disclosed:
    cells = {name: round(value * 10) for name, value in people.items()}
    folded = _to_fold(cells, math.ceil(round(min_cell * 10, 6)))
    shown = {name: None if name in folded else tenths / 10 for name, tenths in cells.items()}
    unsure = shown.pop("unsure")
    return _disclosed(
        counts,
        "below_min_cell",
        emotions=Emotions(**shown),
        unsure=unsure,
        other=sum(cells[name] for name in folded) / 10 if folded else None,
        observations=_NO_OBSERVATION,
    )


def _to_fold(cells: dict[str, int], least: int) -> set[str]:
    """Return the names of the cells to fold, so that no cell below `least` can be computed. Unit: tenths of people."""
    folded = {name for name, tenths in cells.items() if tenths < least}
    while folded and len(folded) < len(cells):
        total = sum(cells[name] for name in folded)
        as_large_as_can_be = total == len(folded) * (least - 1)
        if len(folded) > 1 and total >= least and not as_large_as_can_be:
            break
        smallest = min(tenths for name, tenths in cells.items() if name not in folded)
        folded |= {name for name, tenths in cells.items() if tenths == smallest}
    return folded


def _withhold(counts: Counts, reason: Suppression) -> Disclosed:
    nobody = Faces(mean=None, max=None)
    return _disclosed(counts, reason, faces=nobody, emotions=_NOTHING, unsure=None, observations=_NO_OBSERVATION)
