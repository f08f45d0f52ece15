"""deploy/observability/telegraf/influxdb.conf: the points that it describes, in a real InfluxDB 1.

Telegraf itself is in no Debian archive; what its json_v2 parser makes of a record is done here by the same settings.
"""

import contextlib
import json
import shutil
import subprocess
import tomllib
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, SECONDS, free_port, until
from tests.views.published import Device

SETTINGS = tomllib.loads((ROOT / "deploy/observability/telegraf/influxdb.conf").read_text())
PARSER = SETTINGS["inputs"]["mqtt_consumer"][0]["json_v2"][0]


class Influx:
    """A running InfluxDB with the database of the settings."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("influxd")
        if program is None:
            pytest.skip("InfluxDB is not there: apt-get install influxdb")
        self._address = f"127.0.0.1:{free_port()}"
        self._database = SETTINGS["outputs"]["influxdb"][0]["database"]
        config = folder / "influxdb.conf"
        config.write_text(
            f'reporting-disabled = true\nbind-address = "127.0.0.1:{free_port()}"\n'
            f'[meta]\ndir = "{folder}/meta"\n[data]\ndir = "{folder}/data"\nwal-dir = "{folder}/wal"\n'
            f'[http]\nbind-address = "{self._address}"\n'
        )
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen([program, "-config", str(config)], stdout=quiet, stderr=quiet)
        until(self._answers)
        self.query(f"CREATE DATABASE {self._database}")

    def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            self._ask("ping")
            return True
        return False

    def _ask(self, what: str, body: bytes | None = None) -> bytes:
        with urllib.request.urlopen(f"http://{self._address}/{what}", body, timeout=SECONDS) as answer:
            return bytes(answer.read())

    def query(self, text: str) -> Any:
        words = urllib.parse.urlencode({"q": text, "db": self._database})
        return json.loads(self._ask(f"query?{words}", b""))["results"][0]

    def write(self, point: str) -> None:
        self._ask(f"write?db={self._database}", point.encode())

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(SECONDS)


def point(record: dict[str, Any]) -> str:
    """Return the line that Telegraf would write: tags, fields that are not null, the record's own time."""
    tags = "".join(f",{tag['path']}={_at(record, tag['path'])}" for tag in PARSER["tag"])
    fields = []
    for field in PARSER["field"]:
        value = _at(record, field["path"])
        name = field.get("rename") or field["path"].rpartition(".")[2]
        if value is not None:
            fields.append(f"{name}={_typed(value, field['type'])}")
    time = int(datetime.fromisoformat(_at(record, PARSER["timestamp_path"])).timestamp())
    return f"{PARSER['measurement_name']}{tags} {','.join(fields)} {time}000000000"


def _at(record: dict[str, Any], path: str) -> Any:
    value: Any = record
    for step in path.split("."):
        value = value[step]
    return value


def _typed(value: Any, kind: str) -> str:
    return {"int": f"{value}i", "float": f"{value}", "string": f'"{value}"', "bool": str(value).lower()}[kind]


@pytest.fixture
def influx(tmp_path: Path) -> Iterator[Influx]:
    server = Influx(tmp_path)
    yield server
    server.stop()


def test_a_repeat_is_the_same_point_and_withheld_values_lower_no_average(influx: Influx) -> None:
    device = Device("pi-1")
    records = [device.next(8.0, happy=2.0), device.next(12.0, happy=4.0), device.next(1.0), device.next(paused=True)]
    for record in records + [record | {"replayed": True} for record in records]:
        influx.write(point(record))
    answer = influx.query("SELECT count(seq), count(people), mean(people), mean(happy) FROM emotion_edge")
    assert answer["series"][0]["values"][0][1:] == [4, 2, 10, 3]
    influx.write(point(device.next(2.0, happy=2.0) | {"practice": True, "faces": {"mean": 2.0, "max": 2}}))
    lessons = influx.query("SELECT mean(people) FROM emotion_edge WHERE practice = false")
    assert lessons["series"][0]["values"][0][1:] == [10]
    times = influx.query("SELECT seq FROM emotion_edge")["series"][0]["values"]
    assert [time for time, _ in times][:4] == [record["end"] for record in records]
