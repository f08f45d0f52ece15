"""What of an interval may be told: small groups are withheld, near-unanimity is a band, small cells are folded.

What someone could infer who knows this code and reads every record, and the rule against it. Terms are those of
Hundepool et al., "Statistical Disclosure Control" (Wiley, 2012), chapters 4 and 5.

- *A small group behind a large mean.* Four people for nine seconds and a crowd for one have a mean above five, and
  `faces.max` beside `faces.mean` says so. Hence an interval is told only where `mean` and `max` alone prove that in
  at least half of the frames there were `min_group` people: f * max + (1 - f) * (min_group - 1) >= mean.
- *The threshold as a switch.* One person who steps out and in again would have the group before, without them, and
  after told in turn. Hence after a withheld interval it takes one person more than `min_group` to be told again.
- *Unanimity by the other table.* `observations` are most probable labels, `emotions` are soft counts: the first may be
  unanimous where the second is not. Hence `max_share` holds for both tables.
- *A cell from the sum.* `emotions`, `unsure` and `other` add up to `faces.mean`, so a single folded cell would be the
  difference. Hence further cells are folded with it (secondary suppression), smallest first, until there are two and
  `other` has `min_cell` people.
- *A cell from the rule.* Knowing why cells were folded may leave one possible value (Wong et al., "Minimality attack in
  privacy preserving data publishing", VLDB 2007). Hence equal cells are treated alike: whichever values were folded,
  any permutation of them is folded, too. What is left is that all are equal and as large as a small cell can be; then
  folding goes on.
- *A cell from a linked table.* `observations` of the same people would narrow every folded cell. Hence with `min_cell`
  they are never told.
- *A cell from the error.* A record also says how many people may stand under a wrong emotion. An error of the true
  cells would tell of the folded ones. Hence `emotions_error` is a function of `faces.mean` and `model` alone
  (`edge.counting.uncertainty`), which the same record tells, and null where `faces.mean` is: nothing that could be
  inferred with it could not be inferred without.
- *Averaging.* The rules are deterministic; the same room gives the same record, however often.

Not defended: someone who *knows* that between two told records nobody but one person came, went or changed learns what
that person adds to the counts. Fixed intervals that never overlap keep anyone from choosing such a moment; only more
people, or coarser numbers than counts, would end it.
"""

import math
from typing import Any

from edge.contract.records import EMOTIONS, Counts, Disclosed, Emotions, Faces, Observations, PrivacyNote, Suppression
from edge.counting.rounding import shares_to_tenths

_LABELS = (*EMOTIONS, "unsure")
_NOTHING = Emotions(**dict.fromkeys(EMOTIONS, None))
_NO_OBSERVATION = Observations(**dict.fromkeys(_LABELS, None))


class DisclosureControl:
    """Applies the privacy settings to successive intervals, as `disclose` does to one."""

    def __init__(self) -> None:
        self._withheld = False

    def disclose(self, counts: Counts, privacy: PrivacyNote, *, paused: bool = False) -> Disclosed:
        """Take the interval that follows the one before; intervals in which nobody looked change nothing."""
        if paused:
            return _withheld(counts, "paused")
        disclosed = disclose(counts, privacy, withheld=self._withheld)
        if disclosed.suppressed != "not_observed":
            self._withheld = disclosed.suppressed == "below_min_group"
        return disclosed


def disclose(counts: Counts, privacy: PrivacyNote, *, withheld: bool) -> Disclosed:
    """Apply the privacy settings to one interval's counts; `withheld` says whether the interval before was.

    Without any analysed frame every value is null: nobody looked, which is not the same as nobody there. Below
    `min_group` people every value is null. Where one emotion holds more than `max_share` of the people, it
    is reported as that share, the other emotions and the raw observations are null, and what is left stands in
    `unsure`: whether the room was unanimous or merely near it cannot be told. Cells below `min_cell` people, and
    those that would give them away, are null; `other` is their sum. In presence mode there are only faces to withhold.
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
    """Return counts as they are, but for what is `changed`."""
    values = {name: getattr(counts, name) for name in Counts.model_fields}
    return Disclosed.model_validate(values | {"other": None, "suppressed": suppressed} | changed)


def _large(counts: Counts, min_group: int, *, withheld: bool) -> bool:
    if min_group == 1:
        return True  # a person alone is told, so there is no group to withhold, and an empty room is 0
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
    """Return the cells to fold, of tenths of people, so that none below `least` can be told from the rest."""
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
