"""Cards as a technician prepares them: into a folder, and into a real FAT partition of an image."""

import hashlib
import json
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from edge.card import partition
from edge.config.file import parse
from edge.errors import Unavailable
from tests.support.cards import WHEEL, Writer, from_image, image, mounted


@pytest.fixture
def card(tmp_path: Path) -> Writer:
    return Writer(tmp_path)


def test_a_card_of_trixie_sets_up_user_network_and_device(card: Writer, tmp_path: Path) -> None:
    boot = mounted(tmp_path / "bootfs")
    password = tmp_path / "wifi"
    password.write_text("ThisIsAPassword\n")
    options = ("--wifi", "ThisIsASSID", "--wifi-password-file", str(password), "--country", "de")
    card.written(boot, *options, time_zone="Europe/Berlin", room='Hörsaal "7"')

    text = (boot / "user-data").read_text()
    assert text.startswith("#cloud-config\n")
    user_data = yaml.safe_load(text)
    assert user_data["hostname"] == "pi-b12"
    assert user_data["timezone"] == "Europe/Berlin"
    (user,) = user_data["users"]
    assert user["lock_passwd"] is True
    assert user["ssh_authorized_keys"][0].startswith("ssh-ed25519 ")
    wlan = yaml.safe_load((boot / "network-config").read_text())["network"]["wifis"]["wlan0"]
    assert wlan["regulatory-domain"] == "DE"
    # IEEE 802.11i, annex H.4.3, second test vector.
    psk = "0dc0d6eb90555ed6419756b9a15ec3e3209b63df707dd508d14581f8982721af"
    assert wlan["access-points"]["ThisIsASSID"]["password"] == psk
    everything = b"".join(path.read_bytes() for path in boot.rglob("*") if path.is_file())
    assert b"ThisIsAPassword" not in everything

    config = (boot / "emotion-edge/config.toml").read_text() + 'url = "mqtts://broker.test:8883"\n'
    settings, problems = parse(Path("config.toml"), config)
    assert not problems
    assert (settings.mode, settings.device.room) == ("presence", 'Hörsaal "7"')
    values = json.loads((boot / "emotion-edge/card.json").read_text())
    assert values["server"] == "controller.test:8353"
    assert values["code"] not in "".join(path.read_text() for path in card.codes.rglob("*.json"))


def test_each_card_is_another_instance(card: Writer, tmp_path: Path) -> None:
    """So cloud-init sets a card up again that was booted before, and no two cards are one."""
    boot = mounted(tmp_path / "bootfs")
    (boot / "cmdline.txt").write_text("rootwait ds=nocloud;i=rpi-imager-1700000000\n")
    found = []
    for _ in range(2):
        card.written(boot)
        found.append(yaml.safe_load((boot / "meta-data").read_text())["instance-id"])
        assert f"ds=nocloud;i={found[-1]}" in (boot / "cmdline.txt").read_text()
    assert found[0] != found[1]


def test_an_image_is_written_without_a_mount(card: Writer, tmp_path: Path) -> None:
    file = image(tmp_path / "card.img")
    report = card.written(file)
    read = from_image(file)
    assert report["os"] == "trixie"
    assert yaml.safe_load(read("user-data"))["hostname"] == "pi-b12"
    sums = {name: digest for digest, name in map(str.split, read("emotion-edge/SHA256SUMS").splitlines())}
    assert sums[WHEEL] == hashlib.sha256(card.wheel.read_bytes()).hexdigest()
    card.written(file)  # again, over the first one


def test_a_card_of_bookworm_runs_its_first_boot_once(card: Writer, tmp_path: Path) -> None:
    boot = mounted(tmp_path / "bootfs", "bookworm")
    for _ in range(2):
        card.written(boot, time_zone="Europe/Berlin")
    values = tomllib.loads((boot / "custom.toml").read_text())
    assert values["system"]["hostname"] == "pi-b12"
    assert values["ssh"]["password_authentication"] is False
    assert values["user"] == {"name": "pi"}
    words = (boot / "cmdline.txt").read_text().split()
    assert words.count("systemd.run=/boot/firmware/firstrun.sh") == 1
    assert "init=/usr/lib/raspberrypi-sys-mods/firstboot" in words
    assert not (boot / "user-data").exists()


def test_the_first_run_of_bookworm_ends_itself_also_where_it_fails(card: Writer, tmp_path: Path) -> None:
    """Else each start would run it and start the machine anew."""
    boot = mounted(tmp_path / "bootfs", "bookworm")
    before = (boot / "cmdline.txt").read_text()
    card.written(boot)
    script = boot / "firstrun.sh"
    script.write_text(script.read_text().replace("/boot/firmware", str(boot)))
    command = (boot / "cmdline.txt").read_text().replace("/boot/firmware", str(boot))
    (boot / "cmdline.txt").write_text(command)
    (boot / "emotion-edge/SHA256SUMS").write_text(f"{'0' * 64}  card.json\n")
    done = subprocess.run(["sh", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "what lies on the card is damaged" in done.stderr
    assert (boot / "cmdline.txt").read_text() == before
    assert not script.exists()


def test_a_dry_run_writes_nothing_and_shows_no_secret(card: Writer, tmp_path: Path) -> None:
    boot = mounted(tmp_path / "bootfs")
    before = {path: path.read_bytes() for path in boot.rglob("*")}
    password = tmp_path / "wifi"
    password.write_text("0" * 63 + "f")
    done = card(boot, "--dry-run", "--wifi", "school", "--wifi-password-file", str(password), "--country", "DE")
    assert done.exit_code == 0, done.output
    assert "0" * 63 not in done.output
    assert "school" in done.output
    assert {path: path.read_bytes() for path in boot.rglob("*")} == before
    assert not card.codes.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"room": ""}, "--room is missing"),
        ({"host": "pi_b12"}, "'pi_b12': is no host name"),
        ({"host": "pi-b12", "id": "a/b"}, "'a/b': is no usable name"),
        ({"time_zone": "Europe/Berlinn"}, "'Europe/Berlinn': is unknown"),
        ({"user": "root"}, "'root': is no user name"),
        ({"ssh_key": ""}, "the ssh key: is missing"),
        ({"server": "http://x"}, "write HOST or HOST:PORT"),
        ({"server": "[fd00::2]:8353"}, "listens on IPv4 alone; write a host name or an IPv4 address"),
        ({"wifi": "school"}, "--wifi needs --country"),
    ],
)
def test_a_wrong_value_stops_before_anything_is_written(
    card: Writer, tmp_path: Path, changes: dict[str, str], said: str
) -> None:
    boot = mounted(tmp_path / "bootfs")
    done = card(boot, **changes)
    assert done.exit_code != 0
    assert said in done.output
    assert not (boot / "emotion-edge").exists()


def test_what_is_no_card_is_left_alone(card: Writer, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    done = card(tmp_path / "photos")
    assert "is no boot partition of Raspberry Pi OS: it has no config.txt and no cmdline.txt" in done.output
    (tmp_path / "card.img.xz").write_bytes(b"\xfd7zXZ" + bytes(600))
    assert "unpack it first" in card(tmp_path / "card.img.xz").output
    assert "is not there" in card(tmp_path / "nothing").output
    booted = mounted(tmp_path / "booted", "bookworm")
    (booted / "cmdline.txt").write_text("rootwait quiet\n")
    done = card(booted)
    assert "a Bookworm that was started once reads no settings any more" in done.output
    assert not list(booted.glob("emotion-edge"))


def test_a_half_written_wheel_is_refused(card: Writer, tmp_path: Path) -> None:
    boot = mounted(tmp_path / "bootfs")
    whole = card.wheel.read_bytes()
    card.wheel.write_bytes(whole[: len(whole) // 2])
    assert "is no whole wheel" in card(boot).output
    damaged = bytearray(whole)
    damaged[200] ^= 0xFF
    card.wheel.write_bytes(damaged)
    assert "is damaged at" in card(boot).output
    card.wheel.write_bytes(whole)
    card.wheel.with_name("SHA256SUMS").write_text(f"{'0' * 64}  {WHEEL}\n")
    assert "is not the file that" in card(boot).output
    assert not (boot / "emotion-edge").exists()


def test_a_full_card_costs_no_code(card: Writer, tmp_path: Path) -> None:
    file = image(tmp_path / "card.img", megabytes=40)
    big = tmp_path / "big"
    big.write_bytes(bytes(37_000_000))
    opened = partition.Image(file)
    opened.write("kernel8.img", big.read_bytes())
    done = card(file)
    assert done.exit_code == 69, done.output
    assert "MB free, and the card needs" in done.output
    assert not list(card.codes.rglob("*.json"))
    assert not opened.has("emotion-edge/card.json")


def test_a_card_that_keeps_something_else_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    boot = partition.Mounted(mounted(tmp_path / "bootfs"))
    monkeypatch.setattr(boot, "read", lambda _path: b"something else")  # a fake card that lies about its size
    with pytest.raises(Unavailable, match="was written, and reads back otherwise; take another card"):
        partition.write_and_verify(boot, "user-data", b"text")


def test_a_line_of_the_spreadsheet_becomes_a_card(card: Writer, tmp_path: Path) -> None:
    sheet = tmp_path / "devices.csv"
    sheet.write_text(
        "host;id;site;room;mode;pause.camera_open;interval_seconds\n"
        "pi-n-b12.north.test;pi-n-b12;north;B12;emotions;[mon-fri 07:45-16:00];15\n"
        "pi-n-b13.north.test;pi-n-b13;north;B13;;;\n"
    )
    boot = mounted(tmp_path / "bootfs")
    card.written(boot, "--from", str(sheet), host="pi-n-b12.north.test", site="", room="")
    values = tomllib.loads((boot / "emotion-edge/config.toml").read_text())
    assert values["mode"] == "emotions"
    assert values["interval_seconds"] == 15
    assert values["pause"] == {"camera_open": ["mon-fri 07:45-16:00"]}
    card.written(boot, "--from", str(sheet), host="pi-n-b13.north.test", site="", room="")
    assert tomllib.loads((boot / "emotion-edge/config.toml").read_text())["mode"] == "presence"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("host,id,site,rom\npi-a,pi-a,n,r\n", ":1: the column 'rom' is unknown; did you mean room?"),
        ("host,id,site\npi-a,pi-a,n\n", ":1: the column 'room' is missing; add it"),
        ("host,id,site,room\npi-a,x,n,r\npi-b,x,n,r\n", ":3: id 'x' is there twice"),
        ("host,id,site,room\npi-aa,x,n,r\n", "has no host pi-a; did you mean pi-aa?"),
        ("host,id,site,room,mode\npi-a,x,n,r,presense\n", "mode: 'presense' input should be"),
        ("host,id,site,room,camera.sorce\npi-a,x,n,r,scene\n", "camera.sorce: unknown key"),
        ("host,id,site,room,mqtt.url\npi-a,x,n,r,mqtts://b\n", "mqtt.url: is set by the card itself"),
    ],
)
def test_a_typo_in_the_spreadsheet_stops_with_one_line(card: Writer, tmp_path: Path, text: str, said: str) -> None:
    sheet = tmp_path / "devices.csv"
    sheet.write_text(text)
    boot = mounted(tmp_path / "bootfs")
    done = card(boot, "--from", str(sheet), host="pi-a", site="", room="")
    assert said in done.output, done.output
    assert done.exit_code in {66, 78}
    assert not (boot / "emotion-edge").exists()
