"""Measure a broker under a whole fleet: `python -m tests.measure_fleet [--devices N] [--seconds S]`.

A real Mosquitto, `emotion-edge simulate`, and one subscriber to everything. Latency is counted from the moment at which
a device's record is due: the end of its interval and the device's phase. Lost is what lies between the first and the
last record of a device and did not arrive.
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import numpy as np
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from edge.contract.phase import phase
from tests.conftest import Mosquitto, hang_up

_INTERVAL = 10
_BROKER = "allow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 0\nset_tcp_nodelay true"


class _Listener:
    """Keeps when every record arrived, wall clock."""

    def __init__(self, port: int) -> None:
        self.arrived: list[tuple[float, bytes]] = []
        self._ready = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        self._client.on_connect = lambda client, *_: client.subscribe("emotion-edge/v1/+/+/counts", qos=1) and None
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = lambda _c, _u, message: self.arrived.append((time.time(), bytes(message.payload)))
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._ready.wait(10)

    def close(self) -> None:
        hang_up(self._client)

    def result(self) -> dict[str, Any]:
        """Return how many arrived, how many did not, and how late they were."""
        late, seqs = [], defaultdict(list)
        for when, text in self.arrived:
            record = json.loads(text)
            due = datetime.fromisoformat(record["end"]).timestamp() + phase(record["device"], _INTERVAL)
            late.append(when - due)
            seqs[record["device"], record["boot"]].append(record["seq"])
        lost = sum(max(numbers) - min(numbers) + 1 - len(set(numbers)) for numbers in seqs.values())
        repeated = sum(len(numbers) - len(set(numbers)) for numbers in seqs.values())
        p50, p99, most = (round(float(value), 3) for value in np.percentile(late, (50, 99, 100)))
        return {
            "devices": len(seqs),
            "arrived": len(late),
            "lost": lost,
            "repeated": repeated,
            "p50_seconds": p50,
            "p99_seconds": p99,
            "most_seconds": most,
        }


@click.command(help=__doc__)
@click.option("--devices", default=5000, show_default=True)
@click.option("--seconds", default=300.0, show_default=True)
def main(devices: int, seconds: float) -> None:
    """Print one line of JSON; ends with 1 if a record was lost."""
    with tempfile.TemporaryDirectory() as folder:
        broker = Mosquitto(Path(folder), _BROKER)
        broker.start()
        config = Path(folder) / "config.toml"
        config.write_text(f'interval_seconds = {_INTERVAL}\n[mqtt]\nurl = "mqtt://127.0.0.1:{broker.port}"\n')
        listener = _Listener(broker.port)
        words = ["simulate", "--config", str(config), "--devices", str(devices), "--seconds", str(seconds), "--json"]
        done = subprocess.run(
            [sys.executable, "-m", "edge", *words], stdout=subprocess.PIPE, text=True, timeout=seconds + 120, check=True
        )
        time.sleep(1)  # what is under way to the listener
        listener.close()
        broker.stop()
    result = listener.result() | {"simulator": json.loads(done.stdout.splitlines()[-1])}
    click.echo(json.dumps(result))
    sys.exit(bool(result["lost"]))


if __name__ == "__main__":
    main()
