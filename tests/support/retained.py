"""What a broker keeps on its topics."""

from tests.conftest import Remote, Subscriber


def retained(port: int, topic: str) -> list[str]:
    """Return what a broker keeps on topics: a message of our own, sent afterwards, says that this was all."""
    subscriber = Subscriber(port)
    marker = Remote(port)
    marker.say("doctor/set", "end")
    subscriber.next("/doctor/set")
    subscriber.close()
    marker.close()
    return [name for name, _payload, kept in subscriber.seen if kept and name.startswith(topic)]
