"""A spreadsheet becomes an inventory, or every fault in it is named with its line."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT

SCRIPT = ROOT / "ansible" / "inventory_from_csv.py"


def convert(folder: Path, text: str) -> "subprocess.CompletedProcess[str]":
    file = folder / "devices.csv"
    file.write_text(text)
    return subprocess.run([sys.executable, SCRIPT, file], capture_output=True, text=True, timeout=60, check=False)


def test_the_example_becomes_a_group_for_each_site(tmp_path: Path) -> None:
    done = convert(tmp_path, (ROOT / "ansible/inventory/devices.csv").read_text())
    assert done.returncode == 0, done.stderr
    sites = yaml.safe_load(done.stdout)["all"]["children"]["devices"]["children"]
    assert sorted(sites) == ["site_north", "site_south"]
    assert sites["site_north"]["hosts"]["pi-n-b12.north.example"] == {
        "device_id": "pi-n-b12",
        "device_site": "north",
        "device_room": "B12",
        "device_settings": {"mode": "emotions", "pause": {"camera_open": ["mon-fri 07:45-16:00"]}},
    }


def test_a_spreadsheet_of_a_country_with_decimal_commas_is_read_and_a_room_stays_a_text(tmp_path: Path) -> None:
    done = convert(tmp_path, "\ufeffhost;id;site;room\na.example;a;north;012\n")
    assert done.returncode == 0, done.stderr
    hosts = yaml.safe_load(done.stdout)["all"]["children"]["devices"]["children"]["site_north"]["hosts"]
    assert hosts["a.example"]["device_room"] == "012"


def test_a_cell_is_a_switch_a_number_or_a_list_and_all_else_is_the_text_that_was_written(tmp_path: Path) -> None:
    cells = {
        "camera.loop": "TRUE",
        "camera.width": "1280",
        "camera.zoom": "1.5",
        "camera.source": "012",
        "pause.holidays": "[2026-10-03]",
        "mqtt.username": "on",
        "mqtt.password_file": "key #3",
        "mqtt.alpn": '"""15"""',
        "device_signer": "off",
    }
    done = convert(tmp_path, f"host,id,site,room,{','.join(cells)}\na,x,n,1,{','.join(cells.values())}\n")
    assert done.returncode == 0, done.stderr
    host = yaml.safe_load(done.stdout)["all"]["children"]["devices"]["children"]["site_n"]["hosts"]["a"]
    assert host["device_signer"] == "off"
    assert host["device_settings"] == {
        "camera": {"loop": True, "width": 1280, "zoom": 1.5, "source": "012"},
        "pause": {"holidays": ["2026-10-03"]},
        "mqtt": {"username": "on", "password_file": "key #3", "alpn": "15"},
    }


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (
            "host,id,sight,room\n",
            ["line 1: column 'sight' is unknown; did you mean site?", "line 1: column 'site' is missing"],
        ),
        ("host,id,site,room,device_rom\n", ["line 1: column 'device_rom' is unknown; did you mean device_room?"]),
        ("host,id,site,room,room\n", ["line 1: column 'room' is there twice"]),
        ("host,id,site,room\na,x,n,1\n\nb,x,n,\n", ["line 4: id 'x' is in line 2, too", "line 4: room is missing"]),
        ("host,id,site,room\na,x,n\n", ["line 2: has 3 cells, and there are 4 columns"]),
        ("host,id,site,room\na,x/y,n,1\n", ["line 2: id 'x/y' is no usable name"]),
        ("host,id,site,room,vision.zones\na,x,n,1,[\n", ["line 2: a cell cannot be read"]),
        (
            'host,id,site,room\na,x,n,"B\n12"\nb,y,n,\n',
            ["line 2: column 'room' has a line break", "line 4: room is missing"],
        ),
        ('host,id,site,room\na,x,n,"B12\nb,y,n,1\n', ["line 2: column 'room' has a line break"]),
        (
            "host,id,site,room\na,x,a.b,1\nb,y,a-b,1\n",
            ["line 3: sites 'a.b' and 'a-b' would both be group site_a_b; rename one"],
        ),
        ("", ["line 1: column 'host' is missing"]),
        ("host,id,site,room\n", ["there is no device in it"]),
    ],
)
def test_every_fault_is_named_with_its_line_and_no_inventory_is_written(
    tmp_path: Path, text: str, problems: list[str]
) -> None:
    done = convert(tmp_path, text)
    assert (done.returncode, done.stdout) == (65, "")
    assert [problem for problem in problems if problem not in done.stderr] == []
