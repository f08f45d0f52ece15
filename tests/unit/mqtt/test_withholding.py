"""What gives way to a broker that ends sessions without saying why."""

from edge.mqtt.withholding import REMOVAL, Withholding

DAY = 24 * 3600.0


def short(withholding: Withholding, *unanswered: str) -> str | None:
    withholding.connected("broker")
    return withholding.ended(0.1, unanswered)


def test_one_lost_connection_is_no_evidence() -> None:
    withholding = Withholding()
    assert short(withholding, "discovery", "info") is None
    withholding.connected("broker")
    assert withholding.ended(3600, ()) is None
    assert short(withholding, "discovery", "info") is None
    assert withholding.names == ()


def test_what_was_not_acknowledged_gives_way_in_turn() -> None:
    withholding = Withholding()
    withheld = [short(withholding, "health", "info", "discovery") for _ in range(4)]
    assert withheld == [None, "discovery", "health", "info"]
    assert withholding.names == ("discovery", "health", "info")


def test_what_the_broker_acknowledged_is_not_suspected() -> None:
    withholding = Withholding()
    assert [short(withholding, "info") for _ in range(2)] == [None, "info"]


def test_a_session_that_may_have_ended_over_a_former_topic_is_no_evidence() -> None:
    withholding = Withholding()
    assert [short(withholding, "discovery", REMOVAL) for _ in range(3)] == [None] * 3
    assert short(withholding, "discovery") is None


def test_where_it_does_not_help_everything_is_published_again() -> None:
    withholding = Withholding()
    for _ in range(4):
        short(withholding, "discovery", "health", "info")
    assert short(withholding) is None
    withholding.connected("broker")
    assert withholding.names == ()
    assert short(withholding, "discovery") is None, "it was tried, and it was not the discovery"


def test_another_broker_gets_everything_and_the_same_one_after_a_day() -> None:
    now = [0.0]
    withholding = Withholding(lambda: now[0])
    for _ in range(2):
        short(withholding, "discovery")
    withholding.connected("other")
    assert not withholding.names
    withholding.connected("broker")
    assert list(withholding.names) == ["discovery"]
    now[0] = DAY + 1
    withholding.connected("broker")
    assert not withholding.names
