"""Every byte of a spool is damaged, one after the other: it takes records again, and loses none without a word."""

import logging
import os
import shutil
from pathlib import Path

import pytest

from tests.support.state import sound_spool, spool_goes_on

UNCHECKED = 64
"""Of the bytes that are zero, one in so many is damaged."""


def test_a_spool_with_any_damaged_byte_takes_records_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)  # else every line that thousands of damaged files cause is kept
    whole = sound_spool(tmp_path / "whole")
    lost = 0
    positions = [at for at, byte in enumerate(whole) if byte or at % UNCHECKED == 0]
    folder = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else tmp_path  # thousands of syncs
    state = folder / f"emotion-edge-damage-{os.getpid()}"
    try:
        for at in positions:
            shutil.rmtree(state, ignore_errors=True)
            state.mkdir()
            broken = bytearray(whole)
            broken[at] ^= (0xFF, 0x01, 0x40)[at % 3]
            (state / "spool.sqlite").write_bytes(broken)
            left, sound = spool_goes_on(state)
            assert left == 3 or not sound, f"byte {at}: records are gone without a word"
            lost += 3 - left
    finally:
        shutil.rmtree(state, ignore_errors=True)
    assert lost < len(positions) / 2, "most of what is left of a damaged spool is saved"
