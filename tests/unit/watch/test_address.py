"""The address on the command line of `watch`."""

import pytest

from edge.errors import ConfigError
from edge.watch.address import from_url


@pytest.mark.parametrize(
    "url",
    [
        "mqtts://board:xyzzy#plugh@broker.example",
        "mqtts://board:xyzzy/plugh@broker.example",
        "mqtts://board:xyzzy?plugh@broker.example",
        "mqtts://board:xyzzy@plugh@broker.example",
        "mqtts://board:[xyzzy-plugh@broker.example",
        "mqtts://board:xyzzy plugh@broker.example",
        "wss://board:1234/xyzzy-plugh@broker.example",
        "mqtts://board/xyzzy-plugh@broker.example",
        "mqtts://broker.example:xyzzy-plugh",
        "mqtts://[xyzzy-plugh",
        "xyzzy-plugh",
    ],
)
def test_no_part_of_a_pasxyzzy_is_shown_or_taken_for_a_host(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        from_url(url, "", "", "base")
    assert "xyzzy" not in str(caught.value)
    assert "plugh" not in str(caught.value)
    assert "1234" not in str(caught.value)


def test_the_user_of_an_address_is_the_user_name() -> None:
    settings = from_url("mqtts://school%40board@broker.example:8884", "", "", "base")
    assert settings.username == "school@board"
    assert str(settings.brokers[0]) == "broker.example:8884"
