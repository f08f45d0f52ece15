"""Records that wait for the broker's acknowledgement, in SQLite."""

import json
import logging
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edge.config import Spool as SpoolSettings

log = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS record (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    boot TEXT NOT NULL,
    seq INTEGER NOT NULL,
    stored REAL NOT NULL,
    payload TEXT NOT NULL,
    UNIQUE (boot, seq)
)
"""
_PAGE = 4096


class Spool:
    """Payloads as they may be published (after disclosure control), oldest first; bounded by age and size."""

    def __init__(self, directory: Path, settings: SpoolSettings) -> None:
        self._max_age = settings.max_days * 86_400
        self._max_pages = settings.max_megabytes * 2**20 // _PAGE
        self.dropped = 0
        """Records that were given up because of age or size."""
        self.in_memory = False
        """Whether there is no usable file, so that a stop during an outage loses what waits."""
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._database = self._open(str(directory / "spool.sqlite"))
        except (OSError, sqlite3.Error) as error:
            log.warning(
                "spool %s: %s; records are kept in memory only until it is writable and whole", directory, error
            )
            self.in_memory = True
            self._database = self._open(":memory:")

    def add(self, payload: dict[str, Any]) -> int:
        """Store a record durably and return its id; a record that is there already keeps its id."""
        key = (payload["boot"], payload["seq"])
        with self._database:
            self._make_room()
            self._database.execute(
                "INSERT OR IGNORE INTO record (boot, seq, stored, payload) VALUES (?, ?, ?, ?)",
                (*key, time.time(), json.dumps(payload)),
            )
        row = self._database.execute("SELECT id FROM record WHERE boot = ? AND seq = ?", key).fetchone()
        return int(row[0])

    def remove(self, record: int) -> None:
        """Forget a record: the broker has it."""
        with self._database:
            self._database.execute("DELETE FROM record WHERE id = ?", (record,))

    def oldest(self, beyond: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield id and payload of the records with an id above `beyond`, oldest first."""
        for record, payload in self._database.execute(
            "SELECT id, payload FROM record WHERE id > ? ORDER BY id LIMIT 100", (beyond,)
        ):
            yield record, json.loads(payload)

    def __len__(self) -> int:
        return int(self._database.execute("SELECT COUNT(*) FROM record").fetchone()[0])

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _open(self, name: str) -> sqlite3.Connection:
        database = sqlite3.connect(name, timeout=5)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute(_SCHEMA)
        database.commit()
        return database

    def _make_room(self) -> None:
        """Drop what is too old, and the oldest while the file is full."""
        gone = self._database.execute("DELETE FROM record WHERE stored < ?", (time.time() - self._max_age,)).rowcount
        if self._pages_in_use() >= self._max_pages:
            gone += self._database.execute(
                "DELETE FROM record WHERE id IN (SELECT id FROM record ORDER BY id LIMIT 100)"
            ).rowcount
        if gone:
            self.dropped += gone
            log.warning("spool: dropped the %d oldest records (%d in all)", gone, self.dropped)

    def _pages_in_use(self) -> int:
        pages = int(self._database.execute("PRAGMA page_count").fetchone()[0])
        return pages - int(self._database.execute("PRAGMA freelist_count").fetchone()[0])
