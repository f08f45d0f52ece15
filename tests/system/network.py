"""A network of booted machines: a bridge in a network namespace of its own, one address for each machine."""

import contextlib
import itertools
import os
import subprocess
from typing import Self

NETWORK = "10.98.0"
_NUMBERS = itertools.count()
"""Of the networks of this process: those of two fleets may be there at the same time."""


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


class Network:
    """Machines that reach each other and nobody else; what steers them stands in the namespace of the bridge."""

    def __init__(self) -> None:
        self._name = f"edge{os.getpid()}-{next(_NUMBERS)}"
        self._members: list[str] = []

    def join(self) -> tuple[str, str]:
        """Add a machine; return the name of its network namespace, and its address."""
        number = len(self._members) + 2
        name, address = f"{self._name}-{number}", f"{NETWORK}.{number}"
        _ip("netns", "add", name)
        self._members.append(name)
        _ip("-n", name, "link", "set", "lo", "up")
        _ip("-n", self._name, "link", "add", f"host{number}", "type", "veth", "peer", "name", "eth0", "netns", name)
        _ip("-n", self._name, "link", "set", f"host{number}", "master", "bridge", "up")
        _ip("-n", name, "address", "add", f"{address}/24", "dev", "eth0")
        _ip("-n", name, "link", "set", "eth0", "up")
        return name, address

    def beside(self, *words: str) -> list[str]:
        """Return a command line that runs `words` outside of the machines, where it reaches them all."""
        return ["ip", "netns", "exec", self._name, *words]

    def __enter__(self) -> Self:
        _ip("netns", "add", self._name)
        _ip("-n", self._name, "link", "set", "lo", "up")
        _ip("-n", self._name, "link", "add", "bridge", "type", "bridge")
        _ip("-n", self._name, "address", "add", f"{NETWORK}.1/24", "dev", "bridge")
        _ip("-n", self._name, "link", "set", "bridge", "up")
        return self

    def __exit__(self, *_: object) -> None:
        for name in [*self._members, self._name]:
            with contextlib.suppress(subprocess.CalledProcessError):
                _ip("netns", "delete", name)
