"""MPEG transport streams that change the size of their pictures, and a camera on the network that sends one."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from edge.camera.sources.base import Luma

RATE = 25
_PACKET = 188
_TICKS = 90_000
"""Of a time stamp, a second: ISO/IEC 13818-1, section 2.4.2."""


def transport_stream(
    path: Path, pictures: list[Luma], *, frames: int = 60, goes_back: bool = True, noise: float = 4.0
) -> Path:
    """Write a stream that shows each picture for `frames` frames, at its own size, with a key frame in every twelve.

    Every picture has noise, as those of a camera, with a standard deviation of `noise` grey levels. Time stamps begin
    anew with each picture, or (`goes_back` False) go on.
    """
    parts = []
    for number, picture in enumerate(pictures):
        part = path.with_suffix(f".{number}.ts")
        _write(part, picture, frames, noise)
        data = part.read_bytes()
        parts.append(data if goes_back else _later(data, number * frames * _TICKS // RATE))
        part.unlink()
    path.write_bytes(b"".join(parts))
    return path


@contextlib.contextmanager
def sender(stream: Path) -> Iterator[str]:
    """Yield the address of a camera that sends the stream at once to everyone who connects, and then nothing more."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connections: list[socket.socket] = []

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    connections.append(connection)
                    threading.Thread(target=_send, args=(connection, stream.read_bytes()), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        for connection in connections:
            connection.close()


def _send(connection: socket.socket, data: bytes) -> None:
    with contextlib.suppress(OSError):
        connection.sendall(data)


def _write(path: Path, picture: Luma, frames: int, deviation: float) -> None:
    height, width = picture.shape
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mpg2"), RATE, (width, height))
    assert writer.isOpened(), "OpenCV's FFmpeg cannot write MPEG-2"
    noise = np.random.default_rng(0).normal(0, deviation, picture.shape).astype(np.float32)
    for number in range(frames):  # each frame has another part of the noise
        noisy = np.clip(picture + np.roll(noise, 37 * number, (0, 1)), 0, 255).astype(np.uint8)
        writer.write(cv2.cvtColor(noisy, cv2.COLOR_GRAY2BGR))
    writer.release()


def _later(data: bytes, ticks: int) -> bytes:
    """Return a stream whose time stamps are `ticks` later: those of the pictures, and the clock's (section 2.4.3)."""
    stream = bytearray(data)
    for at in range(0, len(stream), _PACKET):
        starts, control = stream[at + 1] & 0x40, stream[at + 3] >> 4 & 3
        payload = at + 4
        if control & 2:
            length = stream[payload]
            if length and stream[payload + 1] & 0x10:
                clock = int.from_bytes(stream[payload + 2 : payload + 7], "big")  # 33 bits of it are the ticks
                stream[payload + 2 : payload + 7] = (clock + (ticks << 7)).to_bytes(5, "big")
            payload += 1 + length
        if control & 1 and starts and stream[payload : payload + 3] == b"\0\0\1" and stream[payload + 3] >> 4 == 0xE:
            for number in range((stream[payload + 7] >> 6).bit_count()):  # of the presentation, then of the decoding
                _shift(stream, payload + 9 + 5 * number, ticks)
    return bytes(stream)


def _shift(stream: bytearray, at: int, ticks: int) -> None:
    mark = stream[at] & 0xF0
    stamp = (stream[at] >> 1 & 7) << 30 | int.from_bytes(stream[at + 1 : at + 3], "big") >> 1 << 15
    stamp = (stamp | int.from_bytes(stream[at + 3 : at + 5], "big") >> 1) + ticks
    stream[at] = mark | (stamp >> 30 & 7) << 1 | 1
    stream[at + 1 : at + 3] = ((stamp >> 15 & 0x7FFF) << 1 | 1).to_bytes(2, "big")
    stream[at + 3 : at + 5] = ((stamp & 0x7FFF) << 1 | 1).to_bytes(2, "big")
