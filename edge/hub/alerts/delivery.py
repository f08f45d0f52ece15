"""Sends messages by Apprise, which knows the services; loaded only where addresses are configured."""

import importlib.util
import logging
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from edge.config.secret import read_secret, secret_path
from edge.config.text import NotText, decode
from edge.errors import ConfigError
from edge.hub.alerts.wording import Text

if TYPE_CHECKING:
    import apprise

_KEY = "alerts.urls_file"
_MOST = 10
_TIMEOUT_SECONDS = 30.0
_SHORTEST_SECRET = 4
"""Characters; shorter parts of an address, such as a port, stay readable in the reason of a failure."""
_LONGEST_REASON = 200


class Outcome(NamedTuple):
    """What became of a message.

    Attributes:
        receiver: line of the file, and the kind of the service: nothing of the address, which may be a password.
        problem: why it was not taken; empty: it was.

    """

    receiver: str
    problem: str


class Receiver:
    """One address; for one thread at a time."""

    def __init__(self, name: str, url: str, service: "apprise.NotifyBase") -> None:
        """Prepare.

        Args:
            name: by which messages and logs name it.
            url: the address.
            service: what Apprise made of it.

        """
        self.name = name
        self._url = url
        self._service = service

    def send(self, text: Text) -> Outcome:
        """Send a message; the answer says whether it was taken."""
        import apprise  # noqa: PLC0415 - 26 MB, where it is used

        sender = apprise.Apprise()
        sender.add(self._service)
        try:
            result = sender.notify(
                body=text.body, title=text.title, body_format=apprise.NotifyFormat.TEXT, timeout=_TIMEOUT_SECONDS
            )
        except Exception as error:  # noqa: BLE001 - a fault in one of 130 services must not end the hub
            return Outcome(self.name, f"failed with {type(error).__name__}")
        if result:
            return Outcome(self.name, "")
        said = [entry.message for entry in result.logs()]
        return Outcome(self.name, self._without_secrets(said[-1] if said else "the service does not say why"))

    def _without_secrets(self, reason: str) -> str:
        """Return what Apprise logged, without any part of the address but the host."""
        parts = urlsplit(self._url)
        host = parts.hostname or ""
        values = [value for _name, value in parse_qsl(parts.query)]
        login = parts.netloc.rpartition("@")[0].split(":")
        for each in sorted({*parts.path.split("/"), *values, *login}, key=len, reverse=True):
            for secret in {each, unquote(each)}:
                if len(secret) >= _SHORTEST_SECRET and secret != host:
                    reason = reason.replace(secret, "***")
        return reason[:_LONGEST_REASON]


def receivers(urls_file: str) -> list[Receiver]:
    """Return what `alerts.urls_file` names; nothing where it is empty.

    Raises:
        ConfigError: the file cannot be read, a line is no address, or Apprise is not installed.

    """
    if not urls_file:
        return []
    if importlib.util.find_spec("apprise") is None:
        raise ConfigError(_KEY, "needs apprise, which is not installed", "pip install 'emotion-edge[alerts]'")
    file = secret_path(urls_file, _KEY)
    try:
        lines = decode(read_secret(urls_file, _KEY)).splitlines()
    except NotText as error:
        raise ConfigError(file, error.problem, error.remedy.format(file)) from error
    urls = {number: line.strip() for number, line in enumerate(lines, 1) if line.strip() and line.strip()[0] != "#"}
    if not urls:
        raise ConfigError(file, "holds no address", "write one a line, such as mailtos://…, or empty {}", _KEY)
    if len(urls) > _MOST:
        raise ConfigError(file, f"holds {len(urls)} addresses, and {_MOST} are the most", "remove some")
    return [_receiver(f"{file}:{number}", url) for number, url in urls.items()]


def _receiver(place: str, url: str) -> Receiver:
    import apprise  # noqa: PLC0415

    # Its lines may hold addresses; what is wrong is in the outcome, without them.
    logging.getLogger("apprise").propagate = False
    # Nothing on the disk: the hub keeps itself what was sent.
    memory = apprise.PersistentStoreMode.MEMORY
    service = apprise.Apprise.instantiate(
        url, asset=apprise.AppriseAsset(app_id="emotion-edge", app_desc="emotion-edge", storage_mode=memory)
    )
    if service is None:
        problem = "is no address that Apprise can use"
        raise ConfigError(place, problem, "see https://appriseit.com/services/, and put % codes for special characters")
    return Receiver(f"{place.rpartition(':')[2]} ({urlsplit(url).scheme})", url, service)
