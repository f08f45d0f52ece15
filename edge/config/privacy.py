"""`[privacy]`: what is withheld."""

from pydantic import Field

from edge.config.section import Section
from edge.config.values import Real, Whole


class Privacy(Section):
    """What is withheld so that small groups are not exposed."""

    min_group: Whole = Field(
        5,
        ge=1,
        le=100,
        description="fewer visible people than this on average, or perhaps in half of the frames: the interval is "
        "suppressed, and so are those that follow until there is one more; 1 protects nobody",
    )
    max_share: Real = Field(
        0.9, gt=0.5, le=1, description="a larger share of one emotion is reported as this one; 1 switches it off"
    )
    min_cell: Real = Field(
        0.0,
        ge=0,
        le=100,
        description="emotions with fewer people are reported as a sum, other, and no observations; 0 switches it off",
    )
