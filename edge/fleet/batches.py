"""Which devices `ansible/upgrade.yml` upgrades together.

The rule is Ansible's (`serial` of a play); `tests/system/test_upgrade_plan.py` compares it with Ansible itself.
"""

import re
from collections.abc import Sequence
from typing import TypeVar

from edge.errors import UnusableInput

BATCHES: tuple[int | str, ...] = (5, "25%")
"""As `upgrade_batches` of the role `upgrade`."""
SIZE = r"[0-9]{1,6}%?"
"""Of a batch, as a regular expression."""
_Host = TypeVar("_Host")


def batches(hosts: Sequence[_Host], canaries: int, sizes: Sequence[int | str] = BATCHES) -> list[list[_Host]]:
    """Return the batches, in the order in which they are upgraded.

    Args:
        hosts: the canaries first, then the others.
        canaries: how many of them are canaries; with 0, the first one is.
        sizes: of the batches after the canaries, as a number or as a share of all hosts such as "25%", rounded down but
            at least 1. The last one is repeated; 0 takes all that are left.

    """
    wanted: list[int | str] = [max(canaries, 1), *sizes]
    found: list[list[_Host]] = []
    begin = 0
    while begin < len(hosts):
        size = _number(wanted[min(len(found), len(wanted) - 1)], len(hosts))
        end = begin + size if size > 0 else len(hosts)
        found.append(list(hosts[begin:end]))
        begin = end
    return found


def _number(size: int | str, everyone: int) -> int:
    text = str(size)
    return int(int(text[:-1]) / 100 * everyone) or 1 if text.endswith("%") else int(text)


def read_sizes(text: str) -> tuple[int | str, ...]:
    """Return the sizes of a text such as "5,25%".

    Raises:
        UnusableInput: it is no list of numbers and shares.

    """
    words = [word.strip() for word in text.split(",")]
    if not all(re.fullmatch(SIZE, word) for word in words):
        raise UnusableInput("--batches", f"{text!r} is no list of sizes", 'write numbers or shares, such as "5,25%"')
    return tuple(word if word.endswith("%") else int(word) for word in words)
