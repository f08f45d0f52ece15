"""Slows down who guesses passwords: by account and by address, in bounded memory."""

import random
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

_FREE_OF_ACCOUNT, _FREE_OF_ADDRESS = 5, 20
"""Failures in a row that bring no wait; several people may share an address."""
_LONGEST_SECONDS = 60.0
"""So that an account has at most about 80 guesses an hour; OWASP ASVS 2.2.1 allows 100."""
_FORGET_SECONDS = 3600.0
_KNOWN = 10_000
"""Accounts, and addresses, that are remembered; the least recently used are forgotten first."""

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


@dataclass
class _Failures:
    count: int = 0
    latest: float = 0.0
    wait_until: float = 0.0


class Throttle:
    """For any thread. An account logs in without a wait from where it logged in before, whatever others try."""

    def __init__(
        self,
        monotonic: Callable[[], float] = time.monotonic,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._monotonic = monotonic
        self._uniform = uniform
        self._accounts: OrderedDict[str, _Failures] = OrderedDict()
        self._addresses: OrderedDict[str, _Failures] = OrderedDict()
        self._homes: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, account: str, address: str) -> float:
        """Return how many seconds an attempt has to wait; 0: it may begin, and counts as failed until `passed`."""
        with self._lock:
            now = self._monotonic()
            counted = [(_of(self._addresses, address, now), _FREE_OF_ADDRESS)]
            if (account, address) not in self._homes:
                counted.append((_of(self._accounts, account, now), _FREE_OF_ACCOUNT))
            wait = max(each.wait_until - now for each, _free in counted)
            if wait > 0:
                return wait
            for each, free in counted:
                each.count += 1
                each.latest = now
                if each.count >= free:
                    seconds = min(_LONGEST_SECONDS, 2.0 ** min(each.count - free, 16))
                    each.wait_until = now + seconds * self._uniform(0.75, 1.0)
            return 0.0

    def passed(self, account: str, address: str) -> None:
        """Forget the failures of an account, and one of the address: who has an account must not clear guesses."""
        with self._lock:
            self._accounts.pop(account, None)
            failures = self._addresses.get(address)
            if failures is not None:
                failures.count = max(0, failures.count - 1)
                failures.wait_until = 0.0 if failures.count < _FREE_OF_ADDRESS else failures.wait_until
            _keep(self._homes, (account, address), None)


def _of(known: OrderedDict[str, _Failures], key: str, now: float) -> _Failures:
    failures = known.get(key)
    if failures is None or now - failures.latest > _FORGET_SECONDS:
        failures = _Failures()
    _keep(known, key, failures)
    return failures


def _keep(known: OrderedDict[_Key, _Value], key: _Key, value: _Value) -> None:
    known[key] = value
    known.move_to_end(key)
    if len(known) > _KNOWN:
        known.popitem(last=False)
