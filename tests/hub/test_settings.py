"""The hub's configuration: what is refused, and how."""

import pytest

from edge.hub.settings import postgresql_address


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("postgresql://hub:s3cret@db/emotions", "holds a password; write it into the file that PGPASSFILE names"),
        ("postgresql://hub@db/emotions?password=s3cret", "holds a password"),
        ("postgresql://hub@db/emotions?sslpassword=s3cret", "holds a password"),
        ("postgresql://hub@db:54x2/emotions", "has a port that is none"),
        ("postgresql://hub@db", "is not an address of PostgreSQL"),
        ("sqlite:///emotions.sqlite", "is not an address of PostgreSQL"),
    ],
)
def test_an_address_that_cannot_be_right_is_refused(address: str, problem: str) -> None:
    """And the log does not show the password."""
    with pytest.raises(ValueError, match=problem) as caught:
        postgresql_address(address)
    assert "s3cret" not in str(caught.value)


def test_an_address_may_have_options() -> None:
    address = "postgresql://hub@db:5433/emotions?sslmode=verify-full"
    assert postgresql_address(address) == address
