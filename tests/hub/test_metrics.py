"""The hub's own figures, as a Prometheus reads them."""

from pathlib import Path

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import SECONDS, Mosquitto, until
from tests.hub.people import School
from tests.hub.running import Hub, write_hub_config
from tests.views.published import Device, Sender


def figures(text: str) -> dict[str, float]:
    """Return samples by name, and by label where there is one."""
    return {
        " ".join([sample.name.removeprefix("emotion_edge_hub_"), *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_prometheus_reads_what_the_hub_does(tmp_path: Path, queueing: Mosquitto, sender: Sender) -> None:
    device = Device("pi-1")
    with Hub(write_hub_config(tmp_path, queueing.port)) as hub:
        for _ in range(3):
            sender.send(device, device.next())
        sender.say(f"{device.root}/counts", "nonsense")

        def ask() -> httpx2.Response:
            return httpx2.get(f"{hub.address}/api/v1/metrics", trust_env=False, timeout=SECONDS)

        stored = {"records_stored_total": 3, "messages_refused_total not JSON": 1, "messages_waiting": 0}
        until(lambda: stored.items() <= figures(ask().text).items())
        answer = ask()
        assert answer.headers["content-type"].startswith("text/plain; version=")
        found = figures(answer.text)
    assert (found["broker_connected"], found["storing"]) == (1, 1)
    assert found["lag_seconds"] == 0
    assert found["database_bytes"] > 10_000
    assert found["disk_free_bytes"] > 0
    assert (found["devices"], found["devices_silent"], found["alerts_open silent"], found["streams"]) == (1, 0, 0, 0)
    assert "pi-1" not in answer.text
    assert "B12" not in answer.text


def test_the_token_of_a_whole_site_reads_them(school: School) -> None:
    school.admit_everyone()
    token = school.access.accounts.add_token("prometheus", ("north", []), "test")
    asked = school.client()
    assert asked.get("/api/v1/metrics", headers={"Authorization": f"Bearer {token}"}).status_code == 200
