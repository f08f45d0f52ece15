"""What a device left under a former name, where the broker lets it remove that and where it does not."""

from pathlib import Path

import pytest

from edge.config import Settings
from edge.contract.topics import Topics
from edge.mqtt.events import Message
from edge.publisher.former_topics import FormerTopics, published_as

OLD, NEW = "emotion-edge/v1/north/pi-old", "emotion-edge/v1/north/pi-test"


@pytest.fixture
def sent() -> list[Message]:
    return []


@pytest.fixture
def former(tmp_path: Path, settings: Settings, sent: list[Message]) -> FormerTopics:
    published_as(tmp_path).write_text(f"{OLD}\n")
    return FormerTopics(tmp_path, Topics(settings, "pi-test"), sent.append)


def tokens(sent: list[Message]) -> list[int]:
    return [message.token for message in sent if message.token is not None]


def test_it_is_removed_and_forgotten_when_the_broker_has_acknowledged_each(
    tmp_path: Path, former: FormerTopics, sent: list[Message]
) -> None:
    former.connected()
    assert {(message.topic, message.payload, message.retain) for message in sent} == {
        (f"{OLD}/{leaf}", "", True) for leaf in ("status", "info", "pause")
    }
    first, *others = tokens(sent)
    assert former.acknowledged(first)
    former.connected()  # the connection broke: all three again
    assert tokens(sent)[3:] == [first, *others]
    assert all(former.acknowledged(token) for token in tokens(sent)[3:])
    assert published_as(tmp_path).read_text() == f"{NEW}\n"
    former.connected()
    assert len(sent) == 6
    assert not former.acknowledged(1), "a record's token is not its own"


def test_without_rights_it_says_what_to_do_and_does_not_try_again(
    tmp_path: Path, former: FormerTopics, sent: list[Message], caplog: pytest.LogCaptureFixture
) -> None:
    former.connected()
    assert all(former.refused(token) for token in tokens(sent)[:1])
    assert f"mosquitto_sub -W 3 --remove-retained -t '{OLD}/#'" in caplog.text
    former.connected()
    assert len(sent) == 3
    assert published_as(tmp_path).read_text() == f"{NEW}\n"


def test_a_broker_that_hangs_up_each_time_is_not_tried_for_ever(
    former: FormerTopics, sent: list[Message], caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(10):
        former.connected()
    assert len(sent) == 9
    assert caplog.text.count("cannot be removed") == 1


@pytest.mark.parametrize("damage", [None, b"", b"\xff\xfe"])
def test_a_first_run_and_a_damaged_note_stop_nothing(tmp_path: Path, settings: Settings, damage: bytes | None) -> None:
    if damage is not None:
        published_as(tmp_path).write_bytes(damage)
    sent: list[Message] = []
    FormerTopics(tmp_path, Topics(settings, "pi-test"), sent.append).connected()
    assert sent == []
    assert published_as(tmp_path).read_text() == f"{NEW}\n"
