"""Stores what a broker sends, without page and API, for tests that kill it."""

import logging
import sys
import threading
from pathlib import Path

from edge.hub.broker.ingest import Ingest
from edge.hub.settings import load
from edge.hub.store.database import Database
from edge.hub.store.writer import Store
from tests.conftest import until

log = logging.getLogger(__name__)

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    settings = load(Path(sys.argv[1]))
    database = Database(settings)
    with database.lock():
        database.upgrade()
        failed = threading.Event()
        ingest = Ingest(settings, Store(database, 10), lambda new: print(len(new), flush=True), failed.set)
        ingest.start()
        until(lambda: ingest.state.connected or failed.is_set())
        log.info("subscribed")
        failed.wait()
        ingest.check()
