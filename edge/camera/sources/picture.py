"""One picture file as a grey frame, the same on every version of OpenCV, or an error that names the file.

OpenCV fills the missing half of a truncated JPEG with grey, knows the orientation of a WebP from 4.12 on only, and
allocates what a header claims. So the container is read here first: size, orientation, and whether it is all there.
"""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from cv2.typing import MatLike

from edge.camera.errors import CameraUnreadable
from edge.camera.sources.base import Luma

MAX_PIXELS = 2**27
"""Of a single picture: 134 million pixels, as many bytes of memory."""

_LARGEST_FILE = 2**28
_JPEG = b"\xff\xd8\xff"
_PNG = b"\x89PNG\r\n\x1a\n"
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_START_OF_SCAN, _END, _APP1 = 0xDA, 0xD9, 0xE1
_ALONE = frozenset(range(0xD0, 0xD8)) | {0x01}
"""Markers without a length: the restarts, and TEM."""
_EXIF = b"Exif\0\0"
_ORIENTATION = 0x0112
_OS2_HEADER = 12

# What each EXIF orientation asks for: rotation counter-clockwise in quarter turns, then a mirror from left to right.
_UPRIGHT = {2: (0, True), 3: (2, False), 4: (2, True), 5: (3, True), 6: (3, False), 7: (1, True), 8: (1, False)}


class _Header(NamedTuple):
    """What a container says of its picture; bytes from `end` on belong to no part of it."""

    width: int
    height: int
    orientation: int
    whole: bool
    end: int | None = None


def read_luma(path: Path, max_pixels: int = MAX_PIXELS) -> Luma:
    """Read a picture file as grey, turned as its EXIF orientation says: (height, width) uint8.

    Args:
        path: of a JPEG, PNG, BMP or WebP file; its name may be any bytes.
        max_pixels: more are refused before anything is decoded.

    Raises:
        CameraUnreadable: it is missing, empty, truncated, too large or no picture.

    """
    data = _read(path)
    remedy = "give a JPEG, PNG, BMP or WebP file"
    try:
        header = _header(data)
    except (struct.error, IndexError, ValueError) as error:
        raise CameraUnreadable(path, "is not a picture that can be decoded", remedy) from error
    if header and header.width * header.height > max_pixels:
        problem = f"claims {header.width} x {header.height} pixels"
        raise CameraUnreadable(path, problem, f"give a picture of at most {max_pixels // 10**6} megapixels")
    if header and not header.whole:
        raise CameraUnreadable(path, "is truncated: its end is missing", "copy the file again")
    try:
        # The orientation is applied below. imread would take a name, and crashes at one that is not UTF-8.
        picture: MatLike | None = cv2.imdecode(
            np.frombuffer(data[: header.end if header else None], np.uint8),
            cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION,
        )
    except cv2.error as error:
        raise CameraUnreadable(path, "is not a picture that can be decoded", remedy) from error
    if picture is None:
        raise CameraUnreadable(path, "is not a picture that can be decoded", remedy)
    turns, mirrored = _UPRIGHT.get(header.orientation if header else 1, (0, False))
    luma = np.rot90(picture.astype(np.uint8, copy=False), turns)
    return np.ascontiguousarray(luma[:, ::-1] if mirrored else luma)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_FILE + 1)
    except OSError as error:
        problem = "no such file" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"
        raise CameraUnreadable(path, problem, "check the name, and that this user may read it") from error
    if not data:
        raise CameraUnreadable(path, "is empty (0 bytes)", "copy the file again")
    if len(data) > _LARGEST_FILE:
        raise CameraUnreadable(path, "is larger than 256 MiB", "give a JPEG, PNG, BMP or WebP file")
    return data


def _header(data: bytes) -> _Header | None:
    """Return what the container says; None where OpenCV may know it and we do not."""
    readers: tuple[tuple[bool, Callable[[bytes], _Header]], ...] = (
        (data.startswith(_JPEG), _jpeg),
        (data.startswith(_PNG), _png),
        (data.startswith(b"BM"), _bmp),
        (data.startswith(b"RIFF") and data[8:12] == b"WEBP", _webp),
    )
    return next((read(data) for fits, read in readers if fits), None)


def _jpeg(data: bytes) -> _Header:
    """Walk the segments of ITU-T T.81, Annex B, up to the end marker, which only a whole file has."""
    width = height = 0
    orientation = 1
    at = 2
    while True:
        while at < len(data) and data[at] != 0xFF:  # noqa: PLR2004 - damage between segments; libjpeg skips it, too
            at += 1
        while at < len(data) and data[at] == 0xFF:  # noqa: PLR2004 - fill bytes
            at += 1
        if at + 3 > len(data) or data[at] == _END:
            if not width:
                msg = "no frame"
                raise ValueError(msg)
            return _Header(width, height, orientation, whole=at < len(data) and data[at] == _END)
        marker = data[at]
        at += 1
        if marker in _ALONE:
            continue
        (length,) = struct.unpack_from(">H", data, at)
        if marker in _START_OF_FRAME and at + 7 <= len(data):
            height, width = struct.unpack_from(">HH", data, at + 3)
        elif marker == _APP1 and data[at + 2 : at + 8] == _EXIF:
            orientation = _exif_orientation(data[at + 8 : at + length])
        at += length
        if marker == _START_OF_SCAN:
            at = _after_scan(data, at)


def _after_scan(data: bytes, at: int) -> int:
    """Return where the next marker begins that is neither a stuffed byte nor a restart."""
    while (at := data.find(b"\xff", at)) >= 0:
        if at + 1 < len(data) and data[at + 1] and data[at + 1] not in _ALONE:
            return at
        at += 2 if at + 1 < len(data) else 1
    return len(data)


def _png(data: bytes) -> _Header:
    """Walk the chunks up to IEND, which only a whole file has. OpenCV allocates whatever length a chunk claims."""
    width, height = struct.unpack_from(">II", data, 16)
    orientation = 1
    at = len(_PNG)
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if at + length + 12 > len(data):
            break
        if kind == b"IEND":
            return _Header(width, height, orientation, whole=True, end=at + 12)
        if kind == b"eXIf":
            orientation = _exif_orientation(data[at + 8 : at + 8 + length])
        at += length + 12  # with the length itself, the kind and the checksum
    return _Header(width, height, orientation, whole=False)


def _webp(data: bytes) -> _Header:
    """Read the chunks of RFC 9649."""
    (length,) = struct.unpack_from("<I", data, 4)
    width = height = 0
    orientation = 1
    at = 12
    while at + 18 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, at)
        at += 8
        if kind == b"VP8X":  # of the whole canvas
            width, height = (1 + int.from_bytes(data[place : place + 3], "little") for place in (at + 4, at + 7))
        elif kind == b"VP8L" and not width:
            (bits,) = struct.unpack_from("<I", data, at + 1)
            width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        elif kind == b"VP8 " and not width:
            width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, at + 6))
        elif kind == b"EXIF":
            orientation = _exif_orientation(data[at : at + size].removeprefix(_EXIF))
        at += size + size % 2
    return _Header(width, height, orientation, whole=len(data) >= 8 + length)


def _bmp(data: bytes) -> _Header:
    """Read the header of Windows, or the shorter one of OS/2; that the rows are there, OpenCV checks."""
    (size,) = struct.unpack_from("<I", data, 14)
    width, height = struct.unpack_from("<HH" if size == _OS2_HEADER else "<ii", data, 18)
    return _Header(abs(width), abs(height), 1, whole=True)


def _exif_orientation(tiff: bytes) -> int:
    """Return the orientation of an EXIF block, 1 to 8; 1, upright, where it says none."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < 10:  # noqa: PLR2004 - header and count
        return 1
    try:
        (at,) = struct.unpack_from(f"{order}I", tiff, 4)
        (entries,) = struct.unpack_from(f"{order}H", tiff, at)
        for entry in range(entries):
            tag, _kind, _count, value = struct.unpack_from(f"{order}HHIH", tiff, at + 2 + 12 * entry)
            if tag == _ORIENTATION:
                return value if value in _UPRIGHT else 1
    except struct.error:  # damaged EXIF makes no picture unreadable
        pass
    return 1
