"""What receivers know, kept in the database over a restart."""

from collections.abc import Mapping

from sqlalchemy import delete, insert, select

from edge.hub.alerts.notifications import Notified
from edge.hub.alerts.rules import Alert
from edge.hub.alerts.symptoms import KINDS, Key
from edge.hub.store.alert_tables import told_alerts
from edge.hub.store.database import Database


def load(database: Database) -> dict[Key, Notified]:
    """Return what they knew before; raise `EdgeError` where the database cannot be read now."""
    with database.read() as connection:
        rows = connection.execute(select(told_alerts)).all()
    kinds = {kind: kind for kind in KINDS}
    found = {}
    for row in rows:
        if row.kind in kinds:  # of a later release, there may be others
            key = Key(kinds[row.kind], row.site, row.subject)
            found[key] = Notified(Alert(key, row.room, row.detail, row.since), row.told)
    return found


def save(database: Database, known: Mapping[Key, Notified]) -> None:
    """Keep what they know, in the place of what was kept; raise `EdgeError` where that is not possible now."""
    rows = [
        {
            **key._asdict(),
            "room": each.alert.room,
            "detail": each.alert.detail,
            "since": int(each.alert.since),
            "told": int(each.at),
        }
        for key, each in known.items()
    ]
    with database.begin() as connection:
        connection.execute(delete(told_alerts))
        if rows:
            connection.execute(insert(told_alerts), rows)
