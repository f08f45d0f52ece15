"""Addresses of cameras: what is shown of them never holds a secret."""

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pydantic import ValidationError

from edge.config import CameraSettings
from edge.config.address import has_password, host, is_network, shown, user, with_password
from edge.config.camera import PASSWORD
from edge.errors import UnusableInput


@pytest.mark.parametrize(
    ("source", "what_is_shown"),
    [
        ("rtsp://admin:geheim@192.0.2.7:554/h264?pwd=geheim", "rtsp://192.0.2.7:554"),
        ("rtsp://admin:ge@heim@192.0.2.7/1", "rtsp://192.0.2.7"),
        ("rtsp://192.0.2.7/user=admin&password=geheim&channel=1", "rtsp://192.0.2.7"),
        ("rtsps://admin@[2001:db8::7]:322/1", "rtsps://[2001:db8::7]:322"),
        # An unescaped character makes the rest of the password look like a path, and its beginning like a host.
        ("rtsp://geheim/heit@192.0.2.7/1", "rtsp://(address not shown)"),
        ("rtsp://admin:ge/heim@192.0.2.7/1", "rtsp://(address not shown)"),
        ("rtsp://admin:ge#heim@192.0.2.7/1", "rtsp://(address not shown)"),
        ("rtsp://admin:12?heim@192.0.2.7/1", "rtsp://(address not shown)"),
        ("rtsp://admin:[heim@192.0.2.7/1", "rtsp://192.0.2.7"),
        ("rtsp://admin:geheim", "rtsp://(address not shown)"),
        ("/dev/video0", "/dev/video0"),
        ("2026-11-25T10:00:00.mp4", "2026-11-25T10:00:00.mp4"),
        ("scene", "scene"),
    ],
)
def test_of_an_address_scheme_host_and_port_are_shown_and_of_a_doubtful_one_not_even_those(
    source: str, what_is_shown: str
) -> None:
    assert shown(source) == what_is_shown


@examples(deadline=None)
@given(st.text(), st.text(), st.sampled_from(["rtsp", "http"]))
def test_no_part_of_a_password_is_ever_shown(before: str, after: str, scheme: str) -> None:
    text = shown(f"{scheme}://admin:{before}geheim{after}@192.0.2.7:554/stream")
    assert "geheim" not in text


@examples(deadline=None)
@given(st.text(min_size=1))
def test_a_password_from_a_file_is_escaped_whatever_it_holds(password: str) -> None:
    try:
        password.encode()
    except UnicodeEncodeError:
        return
    complete = with_password("rtsp://admin@192.0.2.7:554/1", password)
    assert (host(complete), user(complete), has_password(complete)) == ("192.0.2.7", "admin", True)
    assert is_network(complete)


@pytest.mark.parametrize("source", ["rtsp://admin:ge/heim@192.0.2.7/1", "rtsp://", "rtsp://geheim:geheim"])
def test_a_doubtful_address_is_refused_without_being_shown(source: str) -> None:
    with pytest.raises(UnusableInput, match="is not an address, or .*; write rtsp://USER@HOST/PATH and set") as caught:
        CameraSettings().with_source(source)
    assert "heim" not in str(caught.value)


def test_a_password_on_the_command_line_is_refused_with_another_way() -> None:
    with pytest.raises(UnusableInput, match=f"192.0.2.7: holds a password where every user .*{PASSWORD}") as caught:
        CameraSettings().with_source("rtsp://admin:geheim@192.0.2.7/1")
    assert "geheim" not in str(caught.value)


def test_the_password_comes_from_the_environment_for_an_address_that_names_a_user(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(PASSWORD, "ge/heim")
    settings = CameraSettings().with_source("rtsp://admin@192.0.2.7/1")
    assert settings.complete_source() == "rtsp://admin:ge%2Fheim@192.0.2.7/1"
    assert settings.shown == "rtsp://192.0.2.7"
    assert CameraSettings(source="rtsp://192.0.2.7/1").complete_source() == "rtsp://192.0.2.7/1"


@pytest.mark.parametrize("source", ["scene", "rtsp://192.0.2.7/1", "rtsp://admin:geheim@192.0.2.7/1"])
def test_a_password_file_needs_an_address_with_a_user_alone(source: str) -> None:
    with pytest.raises(ValidationError, match="password_file needs a source that names a user and no password"):
        CameraSettings(source=source, password_file="/nowhere")


def test_the_password_of_another_camera_is_not_sent_to_what_the_command_line_names() -> None:
    settings = CameraSettings(source="rtsp://admin@192.0.2.7/1", password_file="/nowhere")
    assert settings.with_source("scene").complete_source() == "scene"
