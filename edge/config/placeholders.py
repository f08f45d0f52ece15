"""Values that the printed configuration or the manual has, and no real device."""

from collections.abc import Iterator

from edge.config.settings import Settings

_EXAMPLES = (".example", "example.com", "example.net", "example.org")
"""Names that RFC 2606 reserves for manuals."""


def placeholders(settings: Settings) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield each key that still has a placeholder, and what is wrong with it; the demo and tests may use them."""
    for key, example in (("site", "north"), ("room", "B12")):
        value = getattr(settings.device, key)
        if value == key:
            yield ("device", key), f'"{value}" is a placeholder; write your own, such as {key} = "{example}"'
    for broker in settings.mqtt.brokers:
        if broker.host.endswith(_EXAMPLES):
            yield ("mqtt", "url"), f"{broker.host} is an example of the manual; write the name of your broker"
