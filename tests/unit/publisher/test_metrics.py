"""Health for a Prometheus on this machine, over a true port."""

import urllib.request
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from edge.config import Metrics as MetricsSettings
from edge.contract.records import Health
from edge.errors import Unavailable
from edge.publisher.health import MachineState, PublisherState, build_health
from edge.publisher.metrics import Metrics
from tests.conftest import SECONDS, free_port
from tests.support.heartbeat import heartbeat

OWN = PublisherState(
    backlog=3,
    dropped=1,
    spool="memory",
    refused_at_door=2,
    refused_commands=4,
    connections=5,
    withheld_messages=("discovery",),
    damaged_files=("spool.sqlite",),
    without_subscriber=6,
    refusals_visible=False,
    lost={"spool_damaged": 8, "spool_replaced": 9},
    descriptors_free=240,
)
PI = MachineState(resident_megabytes=40, synchronised=True, soc_celsius=51.5, throttled=0x50005)
OTHER = MachineState(resident_megabytes=40, synchronised=False, soc_celsius=None, throttled=None)


def scrape(port: int, health: Health) -> dict[str, float]:
    """Return what a scrape finds, by name and labels without the prefix."""
    metrics = Metrics(MetricsSettings(listen=f"127.0.0.1:{port}"), lambda: health)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=SECONDS) as answer:
            text = answer.read().decode()
    finally:
        metrics.close()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {f"{one.name.removeprefix('emotion_edge_')}{''.join(one.labels.values())}": one.value for one in samples}


def test_all_that_health_says_is_there() -> None:
    camera = {"state": "retrying", "error": "CameraMissing", "restarts": 7}
    found = scrape(free_port(), build_health("pi", 0, heartbeat(camera=camera), OWN, PI))
    assert found["observer_up"] == 1
    assert (found["camera_failed"], found["camera_stateretrying"], found["camera_staterunning"]) == (1, 1, 0)
    assert (found["backlog_records"], found["spool_on_disk"], found["records_dropped_total"]) == (3, 0, 1)
    assert (found["door_refused_total"], found["commands_refused_total"]) == (2, 4)
    assert (found["broker_connections_total"], found["camera_restarts_total"]) == (5, 7)
    assert (found["without_subscriber_total"], found["refusals_visible"]) == (6, 0)
    assert (found["records_lost_total"], found["damaged_files"], found["descriptors_free"]) == (17, 1, 200)
    assert (found["soc_temperature_celsius"], found["throttled_bits"]) == (50, 0x50005)
    assert found["publisher_resident_memory_bytes"] == 40 * 2**20
    assert found["clock_synchronised"] == 1
    assert (found["lightgood"], found["lightdim"], found["lighttoo_dark"]) == (1, 0, 0)
    assert (found["picturegood"], found["pictureupside_down"], found["pictureout_of_focus"]) == (1, 0, 0)
    assert (found["message_withhelddiscovery"], found["message_withheldinfo"]) == (1, 0)


def test_what_is_not_known_has_no_sample() -> None:
    found = scrape(free_port(), build_health("pi", 0, None, replace(OWN, refusals_visible=None), OTHER))
    assert (found["observer_up"], found["camera_statesilent"], found["clock_synchronised"]) == (0, 1, 0)
    assert not any(name.startswith(("light", "picture")) for name in found)
    unknown = {
        "soc_temperature_celsius",
        "throttled_bits",
        "frames_per_second",
        "camera_restarts_total",
        "refusals_visible",
    }
    assert not unknown & found.keys()


def test_the_port_is_free_again_after_a_close() -> None:
    port = free_port()
    health = build_health("pi", 0, None, OWN, OTHER)
    first = Metrics(MetricsSettings(listen=f"127.0.0.1:{port}"), lambda: health)
    with pytest.raises(Unavailable, match="cannot be listened on .* choose another port"):
        Metrics(MetricsSettings(listen=f"127.0.0.1:{port}"), lambda: health)
    first.close()
    assert scrape(port, health)["observer_up"] == 0
