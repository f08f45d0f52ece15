"""Measure the hub: `python -m tests.measure_hub [--rooms N] [--seconds S] [--weeks W] [--filled N]`.

First a real Mosquitto and a real hub on SQLite take the records of a fleet at twice its real pace. Then the hub answers
questions by HTTP about a history that is filled with a school year of 20 rooms: one record every ten seconds for eight
hours of each school day.
"""

import os
import random
import sqlite3
import tempfile
import time
import urllib.parse
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import numpy as np

from edge.contract.reading import Place
from edge.contract.records import PublishedRecord
from edge.hub.settings import load
from edge.hub.store.database import FILE, Database
from edge.hub.store.writer import Store
from tests.conftest import Mosquitto, until
from tests.hub.running import Hub, write_hub_config
from tests.views.published import LENGTH, Device, Sender

_BROKER = "allow_anonymous true\nmax_queued_messages 0\nset_tcp_nodelay true"
_PACE = 2
_TERM, _LESSON = timedelta(weeks=12), timedelta(minutes=45)
_SCHOOL = timedelta(hours=8)
"""Length of a school day."""
_SATURDAY = 5
_HOLIDAYS = {1, 7, 15, 16, 30, 31, 32, 33, 34, 35, 43, 52}
"""Calendar weeks."""
_EMPTY = 100
"""Bytes of an answer that has something in it are more."""


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def megabytes(pid: int) -> float:
    """Return the largest resident memory of a process so far."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.split("VmHWM:")[1].split()[0]) / 1024


def measure_ingestion(folder: Path, rooms: int, seconds: float) -> dict[str, Any]:
    """Publish at twice the real pace for a while; return what that cost the hub, and what is missing."""
    broker = Mosquitto(folder, _BROKER)
    broker.start()
    devices = [Device(f"pi-{number}", room=f"R{number}") for number in range(rooms)]
    pause = LENGTH / rooms / _PACE
    with Hub(write_hub_config(folder, broker.port)) as hub:
        sender = Sender(broker.port)
        begun, cpu = time.monotonic(), cpu_seconds(hub.process.pid)
        sent = 0
        while (now := time.monotonic() - begun) < seconds:
            for _ in range(int(now / pause) - sent):
                device = devices[sent % rooms]
                sender.hand_over(f"{device.root}/counts", device.next())
                sent += 1
            time.sleep(0.01)
        took = time.monotonic() - begun
        until(lambda: hub.get("state")["stored"] >= sent, 600)
        caught_up = time.monotonic() - begun - took
        stored = hub.get("state")["stored"]
        share = (cpu_seconds(hub.process.pid) - cpu) / (took + caught_up)
        memory = megabytes(hub.process.pid)
        sender.close()
    broker.stop()
    size = sum(file.stat().st_size for file in (folder / "hub").glob(f"{FILE}*"))
    return {
        "records": sent,
        "records a second": round(sent / took, 1),
        "lost": sent - stored,
        "seconds behind at the end": round(caught_up, 1),
        "percent of a core": round(100 * share, 1),
        "MB": round(memory),
        "bytes a record": round(size / stored),
    }


def school_days(weeks: int) -> list[int]:
    """Return when school began, seconds since 1970, on the school days of the latest weeks."""
    monday = datetime.now(UTC).replace(hour=6, minute=0, second=0, microsecond=0)
    monday -= timedelta(days=monday.weekday(), weeks=weeks)
    days = [monday + timedelta(days=day) for day in range(7 * weeks)]
    school = [day for day in days if day.weekday() < _SATURDAY and day.isocalendar().week not in _HOLIDAYS]
    return [int(day.timestamp()) for day in school]


def fill(folder: Path, port: int, days: list[int], rooms: int) -> tuple[Path, dict[str, Any]]:
    """Fill a history; return its hub's configuration, and what that took.

    The sums by hour are computed as for a history of an earlier release.
    """
    config = write_hub_config(folder, port)
    database = Database(load(config))
    database.upgrade()
    store = Store(database, rooms)
    for number in range(rooms):
        device = Device(f"pi-{number}", room=f"R{number}", begin=days[0])
        first = PublishedRecord.model_validate(device.next(8.0, happy=2.0))
        store.write([(Place("north", device.name), first)], {})
    file = folder / "hub" / FILE
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -200000")
        _fill_intervals(connection, days)
        connection.execute("DELETE FROM hours")
        connection.execute("INSERT INTO unsummed SELECT id, 0 FROM series")
    connection.close()
    begun, cpu = time.monotonic(), time.process_time()
    database.upgrade()
    database.engine.dispose()
    with sqlite3.connect(file) as connection:
        records = connection.execute("SELECT count(*) FROM intervals").fetchone()[0]
    return config, {
        "records": records,
        "bytes a record": round(file.stat().st_size / records, 1),
        "sums of all: s of a core": round(time.process_time() - cpu, 1),
        "sums of all: s": round(time.monotonic() - begun, 1),
    }


def _fill_intervals(connection: sqlite3.Connection, days: list[int]) -> None:
    """Repeat each room's only record on all school days, with other numbers of people."""
    slots = _SCHOOL // timedelta(seconds=LENGTH)
    columns = [row[1] for row in connection.execute("PRAGMA table_info(intervals)")]
    changed = {"ended": f"day + {LENGTH} * n", "seq": f"number * {slots} + n"}
    changed |= {name: f"{name} + abs(random() % 90)" for name in ("people", "happy", "neutral", "sad")}
    values = ", ".join(changed.get(name, name) for name in columns)
    connection.execute("CREATE TEMP TABLE days AS SELECT 0 AS number, 0 AS day WHERE false")
    connection.executemany("INSERT INTO days VALUES (?, ?)", enumerate(days))
    connection.execute(
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)"
        f" INSERT OR IGNORE INTO intervals ({', '.join(columns)})"
        f" SELECT {values} FROM (SELECT * FROM intervals ORDER BY series_id) CROSS JOIN days CROSS JOIN numbers",
        (slots,),
    )


def measure_queries(folder: Path, weeks: int, rooms: int, questions: int) -> dict[str, Any]:
    """Return how long answers took: 95th percentile, and processor time of the hub for each, in ms."""
    broker = Mosquitto(folder, _BROKER)
    broker.start()
    days = school_days(weeks)
    config, result = fill(folder, broker.port, days, rooms)
    chance = random.Random(1)
    with Hub(config) as hub:
        for name, route, length, more in (
            ("a lesson, records", "records", _LESSON, {}),
            ("a lesson, its summary", "lesson", _LESSON, {}),
            ("a lesson, averages of minutes", "averages", _LESSON, {"resolution": "minute"}),
            ("a term, averages of hours", "averages", _TERM, {"resolution": "hour"}),
            ("a day, gaps", "gaps", timedelta(days=1), {}),
        ):
            took = []
            cpu = cpu_seconds(hub.process.pid)
            for _ in range(questions):
                latest = datetime.fromtimestamp(chance.choice(days[len(days) // 2 :]), UTC)
                latest += chance.random() * (_SCHOOL - _LESSON) + _LESSON
                times = {"from": (latest - length).isoformat(), "to": latest.isoformat()}
                room = {"site": "north", "room": f"R{chance.randrange(rooms)}"}
                query = urllib.parse.urlencode(room | times | more)
                begun = time.monotonic()
                with urllib.request.urlopen(f"{hub.address}/api/v1/{route}?{query}", timeout=60) as answer:
                    assert len(answer.read()) > _EMPTY or route == "gaps"
                took.append(time.monotonic() - begun)
            result[f"{name}: p95 ms"] = round(float(np.percentile(took, 95)) * 1000)
            result[f"{name}: ms of a core"] = round((cpu_seconds(hub.process.pid) - cpu) / questions * 1000)
        result["MB"] = round(megabytes(hub.process.pid))
    broker.stop()
    return result


@click.command()
@click.option("--rooms", default=500, show_default=True, help="Rooms of the fleet.")
@click.option("--seconds", default=120.0, show_default=True, help="Length of the ingestion; 0: leave it out.")
@click.option("--weeks", default=52, show_default=True, help="Weeks of the filled history; 0: leave it out.")
@click.option("--filled", default=20, show_default=True, help="Rooms of the filled history.")
@click.option("--questions", default=40, show_default=True, help="Questions of each kind.")
def main(rooms: int, seconds: float, weeks: int, filled: int, questions: int) -> None:
    """Print what the hub costs."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("ingestion", "queries"):
            (Path(folder) / name).mkdir()
        if seconds:
            for key, value in measure_ingestion(Path(folder) / "ingestion", rooms, seconds).items():
                click.echo(f"ingestion: {key}: {value}")
        if weeks:
            for key, value in measure_queries(Path(folder) / "queries", weeks, filled, questions).items():
                click.echo(f"queries: {key}: {value}")


if __name__ == "__main__":
    main()
