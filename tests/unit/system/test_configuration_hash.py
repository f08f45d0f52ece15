"""The hash that says which configuration is in use: it changes with any setting, and tells none."""

import hashlib
import hmac
from pathlib import Path
from typing import Any

import pytest

from edge.config import Settings
from edge.system.configuration_hash import configuration_hash, make_configuration_hash


def changed(settings: Settings, **values: Any) -> Settings:
    return settings.model_copy(update=values)


def test_all_who_read_the_same_settings_of_a_device_get_the_same_hash(settings: Settings) -> None:
    assert configuration_hash(settings) == "", "without a publisher so far"
    made = make_configuration_hash(settings)
    assert configuration_hash(settings) == made == make_configuration_hash(settings)


def test_it_changes_with_any_setting_also_with_a_password(settings: Settings) -> None:
    made = make_configuration_hash(settings)
    assert configuration_hash(changed(settings, interval_seconds=6)) != made
    cameras = [settings.camera.with_source("rtsp://192.0.2.7/1").model_copy(update={"source": one}) for one in "ab"]
    assert len({configuration_hash(changed(settings, camera=camera)) for camera in cameras}) == 2


def test_who_knows_all_settings_but_a_password_cannot_try_passwords(settings: Settings) -> None:
    text = settings.model_dump_json(exclude={"door"}).encode()
    guesses = {hashlib.sha256(text).hexdigest(), hmac.new(b"", text, hashlib.sha256).hexdigest()}
    assert make_configuration_hash(settings) not in {guess[:12] for guess in guesses}


@pytest.mark.parametrize("damage", [b"", b"\xff\xfe", b"0" * 63, b"z" * 64, b"0" * 65])
def test_a_damaged_key_is_made_anew(settings: Settings, damage: bytes) -> None:
    made = make_configuration_hash(settings)
    key = Path(settings.spool.directory) / "configuration-key"
    key.write_bytes(damage)
    assert configuration_hash(settings) == ""
    again = make_configuration_hash(settings)
    assert again == configuration_hash(settings) != made


def test_other_users_cannot_read_the_key(settings: Settings) -> None:
    make_configuration_hash(settings)
    assert (Path(settings.spool.directory) / "configuration-key").stat().st_mode & 0o007 == 0
