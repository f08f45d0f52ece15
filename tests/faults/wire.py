"""Two network namespaces with a wire between them that drops what a test wants: packets, one direction, everything.

The wire is a pair of TUN devices, one in each namespace, and a thread that hands packets from one to the other. It
needs root and /dev/net/tun; no packet leaves the machine.
"""

import contextlib
import fcntl
import os
import random
import select
import struct
import subprocess
import threading
from types import TracebackType
from typing import Self

_TUNSETIFF = 0x400454CA
_IFF_TUN_NO_PI = 0x0001 | 0x1000

DEVICE, BROKER = "198.51.100.1", "198.51.100.2"
"""Addresses of the two ends, of the range that RFC 5737 keeps for documentation."""


class Wire:
    """`loss` is the share of packets that get lost, 0 to 1; `deaf` drops all that the broker sends."""

    def __init__(self) -> None:
        tag = f"{os.getpid() % 100_000}"
        self.device, self.broker = f"ee-device-{tag}", f"ee-broker-{tag}"
        self.loss = 0.0
        self.deaf = False
        self.dropped = 0
        self._chance = random.Random(7)
        self._end_in, self._end_out = os.pipe()
        self._files: list[int] = []
        try:
            for name, own, other in ((self.device, DEVICE, BROKER), (self.broker, BROKER, DEVICE)):
                _ip("netns", "add", name)
                link = f"ee{tag}{'d' if own == DEVICE else 'b'}"
                file = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
                self._files.append(file)
                fcntl.ioctl(file, _TUNSETIFF, struct.pack("16sH", link.encode(), _IFF_TUN_NO_PI))
                _ip("link", "set", link, "netns", name)
                _ip("-n", name, "link", "set", "lo", "up")
                _ip("-n", name, "addr", "add", own, "peer", other, "dev", link)
                _ip("-n", name, "link", "set", link, "up")
        except BaseException:
            self._tear_down()
            raise
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """Lose everything in both directions, without a word to either end."""
        self.loss = 1.0

    def mend(self) -> None:
        """Carry everything again."""
        self.loss, self.deaf = 0.0, False

    def _carry(self) -> None:
        device, broker = self._files
        while True:
            ready, _, _ = select.select([device, broker, self._end_in], [], [])
            if self._end_in in ready:
                return
            for file in ready:
                with contextlib.suppress(BlockingIOError):
                    packet = os.read(file, 65536)
                    if self._chance.random() < self.loss or (self.deaf and file == broker):
                        self.dropped += 1
                        continue
                    os.write(broker if file == device else device, packet)

    def _tear_down(self) -> None:
        for file in self._files:
            os.close(file)
        for name in (self.device, self.broker):
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.write(self._end_out, b"!")
        self._thread.join()
        self._tear_down()


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
