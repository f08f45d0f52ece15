"""Disclosure control for one interval: which of its values are published, and which are withheld.

Each entry names an attack by someone who knows this code and reads every record, and the rule against it. The terms are
those of Hundepool et al., "Statistical Disclosure Control" (Wiley, 2012), chapters 4 and 5.

- *A small group behind a large mean.* Four people for nine seconds and a crowd for one second have a mean above five;
  `faces.max` and `faces.mean` together reveal that. Rule: an interval is published only if `mean` and `max` prove that
  at least `min_group` people were there in at least half of the frames:
  f * max + (1 - f) * (min_group - 1) >= mean.
- *The threshold as a switch.* One person leaves and comes back. Without a rule the records before, between and after
  would all be published. Rule: after a withheld interval, `min_group` + 1 people are needed to publish again.
- *Unanimity in the other table.* `observations` are most probable labels, `emotions` are soft counts. The first can be
  unanimous when the second is not. Rule: `max_share` applies to both tables.
- *A cell from the sum.* `emotions`, `unsure` and `other` add up to `faces.mean`, so one folded cell could be computed
  as the difference. Rule: more cells are folded with it (secondary suppression), smallest first, until there are two
  and `other` has at least `min_cell` people.
- *A cell from the rule.* The reason for folding can leave only one possible value (Wong et al., "Minimality attack in
  privacy preserving data publishing", VLDB 2007). Rule: equal cells are treated equally, so any permutation of the
  folded values is folded too. One case remains: all folded cells are equal and as large as a small cell can be. Then
  folding continues.
- *A cell from a linked table.* `observations` of the same people would narrow every folded cell. Rule: with `min_cell`
  they are never published.
- *A cell from the error.* A record also says how many people may be counted under a wrong emotion. An error that was
  computed from the true cells would reveal folded ones. Rule: `emotions_error` is a function of `faces.mean` and
  `model` only (`edge.counting.uncertainty`), which are in the same record, and null if `faces.mean` is: it adds no
  information.
- *Averaging.* The rules are deterministic: the same room gives the same record every time.

Not defended: someone who *knows* that between two published records only one person came, left or changed learns what
that person adds to the counts. Intervals are fixed and never overlap, so no one can choose such a moment. Only larger
groups or coarser numbers would prevent it.
"""

import math
from typing import Any

from edge.contract.records import EMOTIONS, Counts, Disclosed, Emotions, Faces, Observations, PrivacyNote, Suppression
from edge.counting.rounding import shares_to_tenths

_LABELS = (*EMOTIONS, "unsure")
_NOTHING = Emotions(**dict.fromkeys(EMOTIONS, None))
_NO_OBSERVATION = Observations(**dict.fromkeys(_LABELS, None))


class DisclosureControl:
    """Applies `disclose` to successive intervals and remembers whether the last one was withheld."""

    def __init__(self) -> None:
        self._withheld = False

    def disclose(self, counts: Counts, privacy: PrivacyNote, *, paused: bool = False) -> Disclosed:
        """Apply the settings to the next interval; intervals without an analysed frame do not change the memory."""
        if paused:
            return _withheld(counts, "paused")
        disclosed = disclose(counts, privacy, withheld=self._withheld)
        if disclosed.suppressed != "not_observed":
            self._withheld = disclosed.suppressed == "below_min_group"
        return disclosed


def disclose(counts: Counts, privacy: PrivacyNote, *, withheld: bool) -> Disclosed:
    """Apply the privacy settings to the counts of one interval.

    - No analysed frame: every value is null. That does not mean that the room was empty.
    - Fewer than `min_group` people: every value is null.
    - One emotion has more than `max_share` of the people: it is published as that share, the rest of the people is in
      `unsure`, the other emotions and the observations are null. So a reader cannot distinguish a unanimous room.
    - Emotions below `min_cell` people, and those that would reveal them, are null; `other` is their sum.

    In presence mode only faces are published or withheld.

    Args:
        counts: the interval as it came through the door; no value of it is withheld yet.
        privacy: the settings in force.
        withheld: whether the interval before was withheld because of `min_group`.

    """
    if not counts.frames.analysed:
        return _withheld(counts, "not_observed")
    if not _large(counts, privacy.min_group, withheld=withheld):
        return _withheld(counts, "below_min_group")
    return _told(counts) if counts.mode == "presence" else _emotions(counts, privacy)


def _emotions(counts: Counts, privacy: PrivacyNote) -> Disclosed:
    mean = counts.faces.mean or 0.0
    shares = {name: value or 0.0 for name, value in counts.emotions}
    leading = max(shares, key=shares.__getitem__)
    if shares[leading] > privacy.max_share * mean:
        return _band(counts, leading, privacy.max_share)
    if privacy.min_cell > 0:
        return _folded(counts, privacy.min_cell)
    labels = [tally or 0 for _name, tally in counts.observations]
    unanimous = max(labels) > privacy.max_share * sum(labels)
    if unanimous:
        return _told(counts, "above_max_share", observations=_NO_OBSERVATION)
    return _told(counts)


def _told(counts: Counts, suppressed: Suppression | None = None, **changed: Any) -> Disclosed:  # noqa: ANN401 - any value
    """Return the counts as they are, except for the `changed` fields."""
    values = {name: getattr(counts, name) for name in Counts.model_fields}
    return Disclosed.model_validate(values | {"other": None, "suppressed": suppressed} | changed)


def _large(counts: Counts, min_group: int, *, withheld: bool) -> bool:
    if min_group == 1:
        return True  # a single person may be published, so nothing is withheld, and an empty room is 0
    mean, most = counts.faces.mean or 0.0, counts.faces.max or 0
    return mean >= min_group + withheld and 2 * mean >= most + min_group - 1


def _band(counts: Counts, leading: str, max_share: float) -> Disclosed:
    mean = counts.faces.mean or 0.0
    band = shares_to_tenths({leading: mean * max_share, "unsure": mean * (1 - max_share)})
    emotions = _NOTHING.model_copy(update={leading: band[leading]})
    return _told(counts, "above_max_share", emotions=emotions, unsure=band["unsure"], observations=_NO_OBSERVATION)


def _folded(counts: Counts, min_cell: float) -> Disclosed:
    cells = {name: round((value or 0.0) * 10) for name, value in (*counts.emotions, ("unsure", counts.unsure))}
    folded = _to_fold(cells, math.ceil(round(min_cell * 10, 6)))
    told = {name: None if name in folded else tenths / 10 for name, tenths in cells.items()}
    unsure = told.pop("unsure")
    return _told(
        counts,
        "below_min_cell",
        emotions=Emotions(**told),
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


def _withheld(counts: Counts, reason: Suppression) -> Disclosed:
    nobody = Faces(mean=None, max=None)
    return _told(counts, reason, faces=nobody, emotions=_NOTHING, unsure=None, observations=_NO_OBSERVATION)
