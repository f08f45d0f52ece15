"""One thing that a user should know about a valid configuration."""

from typing import NamedTuple


class Notice(NamedTuple):
    """Something that is permitted and should be known: the key, the fact and the advice."""

    key: str
    fact: str
    advice: str

    def __str__(self) -> str:
        return f"{self.key}: {self.fact}; {self.advice}"
