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
        description="minimum number of people, on average and in nearly every look at the room; below it the interval "
        "is withheld, and so are the next ones, and the first ones after a start, until there is one person more. From "
        "2 on, one person of each record is counted under another emotion. 1 protects nobody",
    )
    max_share: Real = Field(
        0.9,
        gt=0.5,
        le=1,
        description="maximum published share of one emotion, of all but one of the people who are not unsure; at least "
        "two of these must show something else. A larger emotion is published as the largest value allowed. 1: off",
    )
    min_cell: Real = Field(
        0.0,
        ge=0,
        le=100,
        description="minimum number of people per emotion; smaller values are published only as their sum (other), and "
        "observations are withheld. 0: off",
    )
    observations: bool = Field(
        False,
        description="whether records contain observations: how often each emotion was the most probable one, in whole "
        "people. They reveal more about single people than the other values do. No command changes this",
    )
