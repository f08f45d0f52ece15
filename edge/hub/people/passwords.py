"""Passwords: what is accepted, and their hashes by argon2id."""

import contextlib
import threading
import unicodedata
from collections.abc import Iterator

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from edge.hub.errors import HubBusy, WeakPassword

SHORTEST, LONGEST = 12, 128
_DIFFERENT = 6
_WAIT_SECONDS = 5.0
# The smallest parameters that OWASP's cheat sheet of password storage names: 19 MiB fit on a Pi beside everything else.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_ONE_AT_A_TIME = threading.Lock()
"""So that many logins at once take neither all memory nor all cores."""
_NOBODY = _HASHER.hash("nobody has this password")
"""Verified where there is no such account, which so takes the same time."""


def check(password: str, name: str) -> None:
    """Raise `WeakPassword` where a password is too weak for the account `name`."""
    text = _normal(password)
    if len(text) < SHORTEST:
        raise WeakPassword(f"has {len(text)} characters, and {SHORTEST} are the least", "password_short")
    if len(text) > LONGEST:
        raise WeakPassword(f"has {len(text)} characters, and {LONGEST} are the most", "password_long")
    if len(set(text)) < _DIFFERENT:
        raise WeakPassword(f"has fewer than {_DIFFERENT} different characters", "password_simple")
    if name.casefold() in text.casefold():
        raise WeakPassword("contains the name of the account", "password_name")


def hash_of(password: str) -> str:
    """Return what is stored of a password."""
    with _alone():
        return _HASHER.hash(_normal(password))


def matches(stored: str | None, password: str) -> bool:
    """Return whether a password belongs to a hash; it takes as long where there is none (None, or an empty one).

    Raises:
        HubBusy: too many others log in.

    """
    if len(password) > LONGEST:
        return False
    with _alone():
        try:
            return _HASHER.verify(stored or _NOBODY, _normal(password)) and bool(stored)
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(stored: str) -> bool:
    """Return whether a hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


def _normal(password: str) -> str:
    """Return the same text for the same keys, on whatever device they were typed (NIST SP 800-63B)."""
    return unicodedata.normalize("NFKC", password)


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    if not _ONE_AT_A_TIME.acquire(timeout=_WAIT_SECONDS):
        raise HubBusy("the hub", "too many people log in at the same time", "try again in a minute")
    try:
        yield
    finally:
        _ONE_AT_A_TIME.release()
