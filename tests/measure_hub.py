"""Measure the hub: `python -m tests.measure_hub [--rooms N] [--seconds S] [--days D] [--filled N]`.

First a real Mosquitto and a real hub on SQLite take the records of a fleet at twice its real pace. Then the hub answers
questions by HTTP about a history that is filled with a year of 20 rooms, one record every ten seconds, day and night.
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
from edge.hub.database import FILE, Database
from edge.hub.settings import load
from edge.hub.store import Store
from tests.conftest import Mosquitto, until
from tests.hub.running import Hub, write_hub_config
from tests.views.published import LENGTH, Device, Sender

_BROKER = "allow_anonymous true\nmax_queued_messages 0\nset_tcp_nodelay true"
_PACE = 2
_TERM, _LESSON = timedelta(weeks=12), timedelta(minutes=45)


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


def fill(folder: Path, port: int, days: int, rooms: int) -> tuple[Path, float]:
    """Fill a history up to now; return its hub's configuration and bytes a record."""
    config = write_hub_config(folder, port)
    database = Database(load(config))
    database.upgrade()
    store = Store(database, rooms)
    rows = days * 86_400 // LENGTH
    begin = (int(time.time()) - rows * LENGTH) // LENGTH * LENGTH
    for number in range(rooms):
        device = Device(f"pi-{number}", room=f"R{number}", begin=begin)
        first = PublishedRecord.model_validate(device.next())
        store.write([(Place("north", device.name), first)], {})
    database.engine.dispose()
    file = folder / "hub" / FILE
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -200000")
        # Each room's first record again and again, with other numbers of people.
        columns = [row[1] for row in connection.execute("PRAGMA table_info(intervals)")]
        changed = {"ended": "ended + n * 10", "seq": "seq + n"}
        changed |= {name: f"coalesce({name}, 0) + abs(random() % 90)" for name in ("people", "happy", "neutral", "sad")}
        changed |= {"suppressed": "NULL"}
        values = ", ".join(changed.get(name, name) for name in columns)
        connection.execute(
            "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)"
            f" INSERT INTO intervals ({', '.join(columns)})"
            f" SELECT {values} FROM (SELECT * FROM intervals) CROSS JOIN numbers",
            (rows - 1,),
        )
    connection.close()
    return config, file.stat().st_size / (rows * rooms)


def measure_queries(folder: Path, days: int, rooms: int, questions: int) -> dict[str, Any]:
    """Return how long answers took, 95th percentile, in ms."""
    broker = Mosquitto(folder, _BROKER)
    broker.start()
    config, size = fill(folder, broker.port, days, rooms)
    chance = random.Random(1)
    result: dict[str, Any] = {"bytes a record": round(size)}
    with Hub(config) as hub:
        for name, route, length, more in (
            ("a lesson, records", "records", _LESSON, {}),
            ("a lesson, averages of minutes", "averages", _LESSON, {"resolution": "minute"}),
            ("a term, averages of hours", "averages", _TERM, {"resolution": "hour"}),
            ("a day, gaps", "gaps", timedelta(days=1), {}),
        ):
            took = []
            for _ in range(questions):
                latest = datetime.now(UTC) - timedelta(days=chance.random() * (days - length / timedelta(days=1)))
                times = {"from": (latest - length).isoformat(), "to": latest.isoformat()}
                room = {"site": "north", "room": f"R{chance.randrange(rooms)}"}
                query = urllib.parse.urlencode(room | times | more)
                begun = time.monotonic()
                with urllib.request.urlopen(f"{hub.address}/api/v1/{route}?{query}", timeout=60) as answer:
                    assert answer.read()
                took.append(time.monotonic() - begun)
            result[f"{name}: p95 ms"] = round(float(np.percentile(took, 95)) * 1000)
        result["MB"] = round(megabytes(hub.process.pid))
    broker.stop()
    return result


@click.command()
@click.option("--rooms", default=500, show_default=True, help="Rooms of the fleet.")
@click.option("--seconds", default=120.0, show_default=True, help="Length of the ingestion; 0: leave it out.")
@click.option("--days", default=365, show_default=True, help="Days of the filled history; 0: leave it out.")
@click.option("--filled", default=20, show_default=True, help="Rooms of the filled history.")
@click.option("--questions", default=40, show_default=True, help="Questions of each kind.")
def main(rooms: int, seconds: float, days: int, filled: int, questions: int) -> None:
    """Print what the hub costs."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("ingestion", "queries"):
            (Path(folder) / name).mkdir()
        if seconds:
            for key, value in measure_ingestion(Path(folder) / "ingestion", rooms, seconds).items():
                click.echo(f"ingestion: {key}: {value}")
        if days:
            for key, value in measure_queries(Path(folder) / "queries", days, filled, questions).items():
                click.echo(f"queries: {key}: {value}")


if __name__ == "__main__":
    main()
