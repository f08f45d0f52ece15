"""The messages between the observer and the camera process.

Messages are single packets of JSON on a Unix socket pair. Pixels are in one anonymous piece of shared memory that has
no name and no file. The observer sends `NEXT`, the camera process answers with `Ready` or `Failed`; the pixels stay
valid until the observer sends `NEXT` again.
"""

import json
from dataclasses import asdict, dataclass

from edge.camera.errors import BY_NAME, CameraCrashed, CameraError

NEXT = b"next"
MAX_MESSAGE = 4096
MAX_PIXELS = 16 * 2**20


@dataclass(frozen=True)
class Ready:
    """A frame is in the shared memory: `height` rows of `width` bytes, uint8."""

    width: int
    height: int


@dataclass(frozen=True)
class Failed:
    """The source failed; `name` and `message` are those of a `CameraError`."""

    name: str
    message: str

    def error(self) -> CameraError:
        """Return the error as it was raised in the other process."""
        error = BY_NAME.get(self.name, CameraCrashed).__new__(BY_NAME.get(self.name, CameraCrashed))
        Exception.__init__(error, self.message)
        return error


def encode(message: Ready | Failed) -> bytes:
    """Return a message as a packet of JSON."""
    values = asdict(message)
    if isinstance(message, Failed):
        values["message"] = message.message[: MAX_MESSAGE // 4]  # JSON may escape a character to six bytes
    return json.dumps(values).encode()


def decode(packet: bytes) -> Ready | Failed:
    """Return the message in a packet; raise ValueError, TypeError or KeyError for anything else."""
    values = json.loads(packet)
    return Failed(**values) if "name" in values else Ready(**values)
