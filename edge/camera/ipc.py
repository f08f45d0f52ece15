"""Messages between the observer and the process that reads the camera.

Messages are single packets of JSON on a Unix socket pair; pixels go through one anonymous piece of shared memory that
has no name and no file. The observer requests a frame (`NEXT`), the reader answers with `Ready` or `Failed`; the pixels
stay valid until the next request. Before the first `Ready` it sends `CameraFacts`, once.
"""

import json
from dataclasses import asdict, dataclass
from typing import Self

from edge.camera.errors import BY_NAME, CameraCrashed, CameraError
from edge.camera.facts import CameraFacts

NEXT = b"next"
MAX_MESSAGE = 32_768
_MAX_TEXT = 800
"""Characters of each fact of an error: three of them fit, though JSON may escape a character to twelve bytes."""
MAX_PIXELS = 16 * 2**20


@dataclass(frozen=True)
class Ready:
    """A frame is in the shared memory: `height` rows of `width` bytes, uint8."""

    width: int
    height: int


@dataclass(frozen=True)
class Failed:
    """The source gave up: the facts of a `CameraError` and the name of its class."""

    name: str
    thing: str
    problem: str
    remedy: str

    @classmethod
    def of(cls, error: CameraError) -> Self:
        """Return the message for an error, its facts cut to what a packet holds."""
        facts = (error.thing, error.problem, error.remedy)
        return cls(type(error).__name__, *(fact[:_MAX_TEXT] for fact in facts))

    def error(self) -> CameraError:
        """Return the error as it was raised in the other process."""
        return BY_NAME.get(self.name, CameraCrashed)(self.thing, self.problem, self.remedy)


Message = Ready | Failed | CameraFacts


def encode(message: Message) -> bytes:
    """Return the packet of a message."""
    return json.dumps(asdict(message.bounded() if isinstance(message, CameraFacts) else message)).encode()


def decode(packet: bytes) -> Message:
    """Return the message of a packet.

    Raises:
        ValueError: it is none. The process that reads the camera decodes foreign bytes, which may have taken it over.

    """
    try:
        values = json.loads(packet)
        if "model" in values:
            return CameraFacts.of_message(values)
        message = Failed(**values) if "name" in values else Ready(**values)
    except (TypeError, ValueError, AttributeError, RecursionError) as error:
        raise ValueError(packet) from error
    if not _is_sound(message):
        raise ValueError(packet)
    return message


def _is_sound(message: Ready | Failed) -> bool:
    if isinstance(message, Failed):
        return all(isinstance(fact, str) for fact in asdict(message).values())
    sides = (message.width, message.height)
    return all(type(side) is int and side > 0 for side in sides) and message.width * message.height <= MAX_PIXELS
