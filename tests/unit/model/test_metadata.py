"""What the metadata say of the error of groups."""

from pathlib import Path
from typing import Any

import pytest

from edge.errors import UnusableModel
from tests.support.models import described_model


def test_the_error_of_groups_is_read(tmp_path: Path) -> None:
    _, metadata = described_model(
        tmp_path, error_of_groups={"people": [1, 25, 200], "share": [1, 0.15, 0.05], "rows": 3266}
    )
    assert metadata.error_of_groups is not None
    assert (metadata.error_of_groups.people, metadata.error_of_groups.share) == ([1, 25, 200], [1, 0.15, 0.05])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"people": [1, 2], "share": [0.5]}, "has 2 sizes of groups and 1 shares"),
        ({"people": [2, 2], "share": [0.5, 0.5]}, "has sizes of groups that do not ascend"),
        ({"people": [], "share": []}, "error_of_groups.people: List should have at least 1 item"),
        ({"people": [0.5], "share": [0.5]}, "error_of_groups.people.0: Input should be greater than or equal to 1"),
        ({"people": [1], "share": [15]}, "error_of_groups.share.0: Input should be less than or equal to 1"),
        ({"people": [1]}, "error_of_groups.share: Field required"),
    ],
)
def test_an_error_of_groups_that_cannot_be_right_is_named(tmp_path: Path, wrong: Any, message: str) -> None:
    with pytest.raises(UnusableModel, match=message):
        described_model(tmp_path, error_of_groups=wrong)
