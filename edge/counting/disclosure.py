"""What of an interval may be told: small groups are withheld, near-unanimity is reported as a band."""

from edge.counting.rounding import shares_to_tenths
from edge.records import EMOTIONS, Counts, Disclosed, Emotions, Faces, Observations, Suppression

_NOTHING = Emotions(**dict.fromkeys(EMOTIONS, None))
_NO_OBSERVATION = Observations(**dict.fromkeys((*EMOTIONS, "unsure"), None))


def disclose(counts: Counts, min_group: int, max_share: float) -> Disclosed:
    """Apply the privacy settings to one interval's counts.

    Without any analysed frame every value is null: nobody looked, which is not the same as nobody there. Below
    `min_group` people on average every value is null. Where one emotion holds more than `max_share` of the people, it
    is reported as that share, the other emotions and the raw observations are null, and what is left stands in
    `unsure`: whether the room was unanimous or merely near it cannot be told.
    """
    mean = counts.faces.mean or 0.0
    if not counts.frames.analysed:
        return _withheld(counts, "not_observed")
    if mean < min_group:
        return _withheld(counts, "below_min_group")
    shares = {name: value or 0.0 for name, value in counts.emotions}
    leading = max(shares, key=shares.__getitem__)
    if shares[leading] <= max_share * mean:
        return Disclosed(
            frames=counts.frames,
            faces=counts.faces,
            emotions=counts.emotions,
            unsure=counts.unsure,
            observations=counts.observations,
            suppressed=None,
        )
    band = shares_to_tenths({leading: mean * max_share, "unsure": mean * (1 - max_share)})
    return Disclosed(
        frames=counts.frames,
        faces=counts.faces,
        emotions=_NOTHING.model_copy(update={leading: band[leading]}),
        unsure=band["unsure"],
        observations=_NO_OBSERVATION,
        suppressed="above_max_share",
    )


def _withheld(counts: Counts, reason: Suppression) -> Disclosed:
    return Disclosed(
        frames=counts.frames,
        faces=Faces(mean=None, max=None),
        emotions=_NOTHING,
        unsure=None,
        observations=_NO_OBSERVATION,
        suppressed=reason,
    )
