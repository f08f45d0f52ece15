"""The configuration file: what it accepts, and how it says what is wrong."""

import tomllib
from pathlib import Path

import pytest

from edge.config import Settings
from edge.config.file import load
from edge.config.manual import annotated_toml
from edge.errors import InvalidConfig
from tests.support.config import problems


def test_annotated_default_is_the_default(tmp_path: Path) -> None:
    """What `default-config` prints is complete, and loading it changes nothing."""
    file = tmp_path / "config.toml"
    file.write_text(annotated_toml())
    assert load(file) == Settings()
    printed = tomllib.loads(annotated_toml())
    assert set(printed) == set(Settings.model_fields)


def test_empty_file_is_the_default(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("")
    assert load(tmp_path / "config.toml") == Settings()


def test_all_problems_at_once_each_with_file_key_and_remedy(tmp_path: Path) -> None:
    lines = problems(
        tmp_path,
        """
        interval_seconds = 7
        [camera]
        width = "wide"
        fps = 3
        [privacy]
        min_group = true
        [mqtt]
        url = "http://broker"
        """,
    )
    assert len(lines) == 5
    numbers = [int(line.removeprefix(f"{tmp_path / 'config.toml'}:").split(":")[0]) for line in lines]
    assert sorted(numbers) == [2, 4, 5, 7, 9]
    by_key = {line.split(": ")[1]: line for line in lines}
    assert "does not divide an hour" in by_key["interval_seconds"]
    assert "'wide'" in by_key["camera.width"]
    assert "requested frame width in pixels" in by_key["camera.width"]
    assert "unknown key" in by_key["camera.fps"]
    assert "true or false" in by_key["privacy.min_group"]
    assert "mqtt://HOST:PORT" in by_key["mqtt.url"]


def test_a_typing_slip_is_answered_with_the_key_that_was_meant(tmp_path: Path) -> None:
    assert "did you mean min_group?" in problems(tmp_path, "[privacy]\nmin_groups = 3")[0]


def test_not_toml_names_the_line(tmp_path: Path) -> None:
    assert "line 2" in problems(tmp_path, "[device]\nroom == 1")[0]


def test_missing_file_names_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="default-config"):
        load(tmp_path / "absent.toml")


@pytest.mark.parametrize("url", ["mqtt://192.0.2.1", "mqtt://broker.example:1883"])
def test_plaintext_off_this_machine_needs_an_explicit_word(tmp_path: Path, url: str) -> None:
    assert "allow_plaintext" in problems(tmp_path, f'[mqtt]\nurl = "{url}"')[0]
    (tmp_path / "config.toml").write_text(f'[mqtt]\nurl = "{url}"\nallow_plaintext = true')
    assert load(tmp_path / "config.toml").mqtt.brokers[0].tls is False


@pytest.mark.parametrize("url", ["mqtts://broker.example", "mqtt://localhost", "mqtt://127.0.0.1:1884", "mqtt://[::1]"])
def test_tls_and_loopback_need_no_further_word(tmp_path: Path, url: str) -> None:
    (tmp_path / "config.toml").write_text(f'[mqtt]\nurl = "{url}"')
    assert load(tmp_path / "config.toml").mqtt.brokers[0].host in url


def test_several_brokers_are_kept_in_order(tmp_path: Path) -> None:
    urls = ["mqtts://a.example", "wss://b.example/broker", "ws://[::1]:9001", "mqtt://localhost"]
    (tmp_path / "config.toml").write_text(f"[mqtt]\nurl = {urls}")
    assert load(tmp_path / "config.toml").mqtt.brokers == (
        ("mqtts", "a.example", 8883, "/mqtt"),
        ("wss", "b.example", 443, "/broker"),
        ("ws", "::1", 9001, "/mqtt"),
        ("mqtt", "localhost", 1883, "/mqtt"),
    )


@pytest.mark.parametrize(
    "url", ["[]", '"http://broker"', '["mqtts://a", "broker"]', '"mqtts://a/path"', '"mqtts://u:p@a"', '"mqtts://a:0"']
)
def test_what_is_no_broker_is_refused(tmp_path: Path, url: str) -> None:
    assert "mqtt.url" in problems(tmp_path, f"[mqtt]\nurl = {url}")[0]


@pytest.mark.parametrize(
    "url", ["mqtts://u:xy#zzy@a", "mqtts://u:xy/zzy@a", "wss://u:12/xyzzy@a", "mqtts://u:[xyzzy@a"]
)
def test_an_address_with_a_password_is_refused_without_showing_it(tmp_path: Path, url: str) -> None:
    """An unescaped character splits it, and a part of it looks like a host, a port or a path."""
    (line,) = problems(tmp_path, f'[mqtt]\nurl = "{url}"')
    said = line.removeprefix(str(tmp_path))  # whose name has numbers of its own
    assert "mqtt.url" in said
    assert not [part for part in ("xy", "zzy", "12/") if part in said]


def test_one_unprotected_broker_among_several_needs_the_word_too(tmp_path: Path) -> None:
    lines = problems(tmp_path, '[mqtt]\nurl = ["mqtts://a.example", "ws://b.example"]')
    assert "b.example is not encrypted; use wss://" in lines[0]


def test_a_certificate_without_its_key_is_refused(tmp_path: Path) -> None:
    assert "belong together" in problems(tmp_path, '[mqtt]\ncert_file = "a.crt"')[0]


def test_thresholds_out_of_order_are_refused(tmp_path: Path) -> None:
    assert "keep_neighbors <=" in problems(tmp_path, "[vision]\nkeep_neighbors = 5\nconfirm_neighbors = 4")[0]


@pytest.mark.parametrize("level", ["a/b", "a+b", "#", "", "with space"])
def test_a_site_that_would_break_the_topic_tree_is_refused(tmp_path: Path, level: str) -> None:
    assert "device.site" in problems(tmp_path, f'[device]\nsite = "{level}"')[0]


def test_a_key_of_the_past_is_accepted_with_a_warning_and_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "config.toml").write_text("[vision]\nmemory_scans = 3\n")
    assert load(tmp_path / "config.toml") == Settings()
    assert "vision.memory_scans has no effect any more; delete it, or set vision.memory_seconds" in caplog.text


def test_an_unprotected_broker_is_reported_beside_other_problems_of_its_section(tmp_path: Path) -> None:
    text = '[mqtt]\nurl = "mqtt://broker.school.example"\nkeepalive_seconds = 1\ncert_file = "a.crt"'
    lines = problems(tmp_path, text)
    assert "config.toml:3: mqtt.keepalive_seconds" in lines[0]
    assert "config.toml:1: mqtt: the connection to broker.school.example is not encrypted" in lines[1]
    assert "belong together" in lines[1]


def test_each_missing_pair_of_quotation_marks_is_named_with_its_line(tmp_path: Path) -> None:
    lines = problems(tmp_path, "[device]\nsite = north\nroom = B12 # upstairs\n[camera]\nwidth = 640\nloop = true")
    assert [line.partition("config.toml:")[2] for line in lines] == [
        '2: a text needs quotation marks; write site = "north"',
        '3: a text needs quotation marks; write room = "B12"',
    ]
    (line,) = problems(tmp_path, "[camera]\nsource = rtsp://admin:secret@192.0.2.7/")
    assert line.endswith('2: a text needs quotation marks; write source = "..."')
