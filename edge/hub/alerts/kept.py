"""What receivers were told, kept in the database over a restart."""

from collections.abc import Mapping

from sqlalchemy import delete, insert, select

from edge.hub.alerts.rules import Alert
from edge.hub.alerts.symptoms import KINDS, Key
from edge.hub.alerts.telling import Told
from edge.hub.store.alert_tables import told_alerts
from edge.hub.store.database import Database


def load(database: Database) -> dict[Key, Told]:
    """Return what was told before; raise `EdgeError` where the database cannot be read now."""
    with database.begin() as connection:
        rows = connection.execute(select(told_alerts)).all()
    kinds = {kind: kind for kind in KINDS}
    found = {}
    for row in rows:
        if row.kind in kinds:  # of a later release, there may be others
            key = Key(kinds[row.kind], row.site, row.subject)
            found[key] = Told(Alert(key, row.room, row.detail, row.since), row.told)
    return found


def save(database: Database, told: Mapping[Key, Told]) -> None:
    """Keep what was told, in the place of what was kept; raise `EdgeError` where that is not possible now."""
    rows = [
        {
            **key._asdict(),
            "room": each.alert.room,
            "detail": each.alert.detail,
            "since": int(each.alert.since),
            "told": int(each.at),
        }
        for key, each in told.items()
    ]
    with database.begin() as connection:
        connection.execute(delete(told_alerts))
        if rows:
            connection.execute(insert(told_alerts), rows)
