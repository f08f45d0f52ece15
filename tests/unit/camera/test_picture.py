"""One picture file: whole or named, upright on every version of OpenCV, whatever its name is."""

import os
import resource
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.camera.errors import CameraUnreadable
from edge.camera.sources.base import Luma
from edge.camera.sources.picture import read_luma

STEPS = np.repeat(np.repeat(np.arange(12, dtype=np.uint8).reshape(3, 4) * 20, 16, 0), 16, 1)
"""Twelve fields of 16 x 16, no two alike: (48, 64)."""

TURNED = {
    1: STEPS,
    2: STEPS[:, ::-1],
    3: STEPS[::-1, ::-1],
    4: STEPS[::-1],
    5: STEPS.T,
    6: STEPS.T[:, ::-1],
    7: STEPS.T[::-1, ::-1],
    8: STEPS.T[::-1],
}
"""What a picture with each EXIF orientation must look like."""


def encoded(suffix: str, luma: Luma = STEPS) -> bytes:
    done, data = cv2.imencode(suffix, luma)
    assert done
    return data.tobytes()


def exif(orientation: int, order: str = "<") -> bytes:
    mark = b"II" if order == "<" else b"MM"
    other = struct.pack(f"{order}HHII", 0x0100, 4, 1, 64)  # a width, as cameras write it before
    turn = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
    return mark + struct.pack(f"{order}HIH", 42, 8, 2) + other + turn + bytes(4)


def turned_jpeg(orientation: int, order: str = "<") -> bytes:
    block = b"Exif\0\0" + exif(orientation, order)
    data = encoded(".jpg")
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + data[2:]


def turned_png(orientation: int) -> bytes:
    data, block = encoded(".png"), b"eXIf" + exif(orientation)
    chunk = struct.pack(">I", len(block) - 4) + block + struct.pack(">I", zlib.crc32(block))
    return data[:33] + chunk + data[33:]


def turned_webp(orientation: int) -> bytes:
    image, block = encoded(".webp")[12:], exif(orientation)
    canvas = b"VP8X" + struct.pack("<IB3x", 10, 8) + (63).to_bytes(3, "little") + (47).to_bytes(3, "little")
    body = b"WEBP" + canvas + image + b"EXIF" + struct.pack("<I", len(block)) + block + bytes(len(block) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize("orientation", TURNED)
@pytest.mark.parametrize(
    ("suffix", "make"),
    [(".jpg", turned_jpeg), (".png", turned_png), (".webp", turned_webp)],
    ids=["jpg", "png", "webp"],
)
def test_a_picture_stands_upright_whatever_its_orientation(
    tmp_path: Path, suffix: str, make: object, orientation: int
) -> None:
    (tmp_path / f"a{suffix}").write_bytes(make(orientation))  # type: ignore[operator]
    luma = read_luma(tmp_path / f"a{suffix}")
    assert luma.shape == TURNED[orientation].shape
    assert luma.flags.c_contiguous
    assert np.abs(luma.astype(int) - TURNED[orientation]).max() < 12, "lossy, but no field looks like another"


def test_orientation_is_read_in_either_byte_order_and_a_senseless_one_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(turned_jpeg(6, ">"))
    assert read_luma(tmp_path / "a.jpg").shape == (64, 48)
    (tmp_path / "a.jpg").write_bytes(turned_jpeg(9))
    assert read_luma(tmp_path / "a.jpg").shape == (48, 64)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp"])
def test_a_picture_that_is_cut_anywhere_is_never_taken_for_a_whole_one(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (48, 64), np.uint8)
    data = encoded(suffix, noise)
    path = tmp_path / f"cut{suffix}"
    for length in range(0, len(data) - 1, max(1, len(data) // 40)):
        path.write_bytes(data[:length])
        with pytest.raises(CameraUnreadable, match=r"cut\.\w+: (is |claims )"):
            read_luma(path)
    path.write_bytes(data)
    assert read_luma(path).shape == (48, 64)


def test_half_a_jpeg_is_named_as_truncated(tmp_path: Path) -> None:
    data = encoded(".jpg", np.random.default_rng(0).integers(0, 255, (480, 640), np.uint8))
    (tmp_path / "half.jpg").write_bytes(data[: len(data) // 2])
    with pytest.raises(CameraUnreadable, match=r"half\.jpg: is truncated: its end is missing; copy the file again"):
        read_luma(tmp_path / "half.jpg")


def test_a_progressive_jpeg_with_restarts_and_something_behind_its_end_is_whole(tmp_path: Path) -> None:
    wanted = [cv2.IMWRITE_JPEG_PROGRESSIVE, 1, cv2.IMWRITE_JPEG_RST_INTERVAL, 1]
    _, data = cv2.imencode(".jpg", STEPS, wanted)
    (tmp_path / "a.jpg").write_bytes(data.tobytes() + b"\xff\xd8\xff\xe0 a second picture, as phones append one")
    assert read_luma(tmp_path / "a.jpg").shape == (48, 64)


def peak_kilobytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def claims_png(width: int, height: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = b"IDAT" + zlib.compress(b"")
    chunks = [header, body, b"IEND"]
    packed = (struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def claims_jpeg(width: int, height: int) -> bytes:
    data = bytearray(encoded(".jpg"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def claims_bmp(width: int, height: int) -> bytes:
    data = bytearray(encoded(".bmp"))
    data[18:26] = struct.pack("<ii", width, -height)
    return bytes(data)


@pytest.mark.parametrize("make", [claims_png, claims_jpeg, claims_bmp])
def test_a_header_that_claims_too_much_is_refused_before_memory_is_taken(tmp_path: Path, make: object) -> None:
    (tmp_path / "huge").write_bytes(make(50_000, 50_000))  # type: ignore[operator]
    with pytest.raises(CameraUnreadable, match="huge: claims 50000 x 50000 pixels; give a picture of at most 134 mega"):
        read_luma(tmp_path / "huge")


def test_a_chunk_that_claims_more_than_the_file_has_is_refused_before_memory_is_taken(tmp_path: Path) -> None:
    data = encoded(".png")
    (tmp_path / "a.png").write_bytes(data[:-12] + struct.pack(">I", 2**32 - 2**18) + b"IEND" + bytes(200))
    with pytest.raises(CameraUnreadable, match=r"a\.png: is truncated: its end is missing; copy the file again"):
        read_luma(tmp_path / "a.png")


def test_bytes_after_the_end_of_a_picture_are_not_decoded(tmp_path: Path) -> None:
    """OpenCV looks for a picture that it misses behind the end, too, and allocates what it finds there."""
    end = encoded(".png")[-12:]
    (tmp_path / "a.png").write_bytes(
        encoded(".png")[:33] + end + struct.pack(">I", 2**32 - 2**18) + b"IDAT" + bytes(200)
    )
    before = peak_kilobytes()
    with pytest.raises(CameraUnreadable, match=r"a\.png: is not a picture that can be decoded"):
        read_luma(tmp_path / "a.png")
    assert peak_kilobytes() - before < 100_000


def test_what_opencv_itself_refuses_is_a_named_error(tmp_path: Path) -> None:
    (tmp_path / "a.pgm").write_bytes(b"P5 50000 50000 255\n")
    with pytest.raises(CameraUnreadable, match=r"a\.pgm: is not a picture that can be decoded"):
        read_luma(tmp_path / "a.pgm")


@pytest.mark.parametrize("name", [b"caf\xe9.png", "Klasse \U0001f600.png".encode(), b"10:30.png", b"-.png", b"%d.png"])
def test_a_name_may_be_any_bytes(tmp_path: Path, name: bytes) -> None:
    path = tmp_path / os.fsdecode(name)
    path.write_bytes(encoded(".png"))
    assert np.array_equal(read_luma(path), STEPS)
