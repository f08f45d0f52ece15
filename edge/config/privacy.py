"""`[privacy]`: what is withheld."""

from pydantic import Field

from edge.config.section import Section
from edge.config.values import Real, Whole


class Privacy(Section):
    """Disclosure control: values that are withheld to protect small groups."""

    min_group: Whole = Field(
        5,
        ge=1,
        le=100,
        description="minimum number of visible people, on average and in at least half of the frames; below it the "
        "interval is withheld, and so are the next ones until there is one person more. 1 protects nobody",
    )
    max_share: Real = Field(
        0.9,
        gt=0.5,
        le=1,
        description="maximum published share of one emotion; a larger one is published as this value. 1: off",
    )
    min_cell: Real = Field(
        0.0,
        ge=0,
        le=100,
        description="minimum number of people per emotion; smaller values are published only as their sum (other), and "
        "observations are withheld. 0: off",
    )
