"""A short hash of the configuration: the same for equal settings, on one device."""

import hashlib
import hmac

from edge.config.for_board import set_by_file
from edge.config.settings import Settings


def digest(settings: Settings, key: bytes) -> str:
    """Return 12 hexadecimal digits; `[door]` does not count, as the units pass its path on the command line.

    Args:
        settings: hashed with any password in them. The hash is published, so that without a secret key anyone could try
            passwords until one gives the same hash.
        key: secret of this device.

    """
    # A key that is set to its default is another configuration than one that the board decides.
    text = settings.model_dump_json(exclude={"door"}) + " ".join(set_by_file(settings))
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:12]
