"""Sizes of batches; that they are Ansible's is tested with Ansible in `tests/system/test_upgrade_plan.py`."""

import pytest

from edge.errors import UnusableInput
from edge.fleet.batches import batches, read_sizes


@pytest.mark.parametrize(
    ("hosts", "canaries", "sizes", "expected"),
    [
        (40, 2, "5,25%", [2, 5, 10, 10, 10, 3]),
        (3, 0, "5,25%", [1, 2]),  # without a canary the first one is it
        (7, 1, "10%", [1] * 7),  # a share is at least one
        (9, 1, "2,0", [1, 2, 6]),  # 0: all that are left
        (0, 0, "5", []),
    ],
)
def test_canaries_come_first_and_the_last_size_is_repeated(
    hosts: int, canaries: int, sizes: str, expected: list[int]
) -> None:
    found = batches(range(hosts), canaries, read_sizes(sizes))
    assert [len(one) for one in found] == expected
    assert [host for one in found for host in one] == list(range(hosts))


@pytest.mark.parametrize("text", ["5;6", "-1", "25 %", "", "ten"])
def test_what_is_no_list_of_sizes_is_refused(text: str) -> None:
    with pytest.raises(UnusableInput) as error:
        read_sizes(text)
    assert error.value.thing == "--batches"
