"""Files as people save them: on Windows, with a mark, a blank or a line too much."""

import codecs
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from edge.config.file import load
from edge.config.secret import read_password
from edge.config.toml import quoted
from edge.errors import ConfigError, InvalidConfig

TOML = '[device]\nroom = "Grüner Saal \U0001f600"\n'
UTF_16_LE = codecs.BOM_UTF16_LE + TOML.encode("utf-16-le")
UTF_16_BE = codecs.BOM_UTF16_BE + TOML.encode("utf-16-be")


@pytest.mark.parametrize(
    "raw",
    [TOML.encode(), TOML.encode("utf-8-sig"), TOML.encode("utf-16"), TOML.encode("utf-32"), UTF_16_LE, UTF_16_BE]
    + [TOML.replace("\n", "\r\n").encode(encoding) for encoding in ("utf-8", "utf-8-sig", "utf-16")],
)
def test_a_configuration_saved_on_windows_is_read(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "config.toml").write_bytes(raw)
    assert load(tmp_path / "config.toml").device.room == "Grüner Saal \U0001f600"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (TOML.encode("latin-1", "replace"), "is not UTF-8: byte 0xFC in line 2; save it as UTF-8, .*iconv -f WINDOWS-"),
        (
            TOML.encode("utf-16-le"),
            "is not UTF-8 text: it holds zero bytes, as UTF-16 does; save it as UTF-8: iconv -f UTF-16LE",
        ),
        (codecs.BOM_UTF16_LE + b"a", "is not UTF-8: byte"),
    ],
)
def test_a_configuration_in_an_encoding_that_nobody_can_know_is_named(tmp_path: Path, raw: bytes, message: str) -> None:
    (tmp_path / "config.toml").write_bytes(raw)
    with pytest.raises(InvalidConfig, match=f"config.toml: {message}"):
        load(tmp_path / "config.toml")


@pytest.mark.parametrize(
    "raw",
    [
        b"geheim",
        b"geheim\n",
        b"geheim\r\n",
        b" geheim \t\n",
        codecs.BOM_UTF8 + b"geheim\r\n",
        "geheim\r\n".encode("utf-16"),
    ],
)
def test_what_an_editor_leaves_around_a_password_is_no_part_of_it(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "password").write_bytes(raw)
    assert read_password(str(tmp_path / "password"), "mqtt.password_file") == "geheim"


def test_blanks_within_a_password_are_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "password").write_bytes("zwei Wörter\n".encode())
    assert read_password(str(tmp_path / "password"), "mqtt.password_file") == "zwei Wörter"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "is empty; write the password into it, or remove mqtt.password_file"),
        (b" \r\n", "is empty; "),
        (b"user\ngeheim\n", "holds more than one line; leave nothing in it but the password"),
        ("größe".encode("latin-1"), "is not UTF-8: byte 0xF6 in line 1; save it as UTF-8"),
    ],
)
def test_a_password_that_is_none_is_named_without_being_shown(tmp_path: Path, raw: bytes, message: str) -> None:
    (tmp_path / "password").write_bytes(raw)
    with pytest.raises(ConfigError, match=f"password: {message}") as caught:
        read_password(str(tmp_path / "password"), "mqtt.password_file")
    assert "geheim" not in str(caught.value)


def test_a_credential_is_found_where_systemd_puts_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    value, key = "credential:emotion-edge.camera-password", "camera.password_file"
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(
        ConfigError, match="LoadCredential=emotion-edge.camera-password:FILE in the unit, or camera.pass"
    ):
        read_password(value, key)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "emotion-edge.camera-password").write_text("geheim\n")
    assert read_password(value, key) == "geheim"


@examples(deadline=None)
@given(st.text())
def test_any_text_that_is_written_as_toml_is_read_again(text: str) -> None:
    """Letters beyond U+FFFF, for which JSON has a pair of escapes that TOML refuses, among them."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    assert tomllib.loads(f"a = {quoted(text)}") == {"a": text}
