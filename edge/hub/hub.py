"""The process of the hub: ingestion in one thread, HTTP in another."""

import contextlib
import logging
import socket
import threading
import time
from typing import Any

import uvicorn
from fastapi import FastAPI

from edge.errors import ConfigError
from edge.hub.alerts.alerts import Alerts
from edge.hub.broker.ingest import Ingest
from edge.hub.broker.live import Live
from edge.hub.lesson.calendars import calendars_of
from edge.hub.lesson.lessons import Lessons
from edge.hub.lesson.timetable import Timetables
from edge.hub.settings import Http, HubSettings
from edge.hub.store.database import Database
from edge.hub.store.history import History
from edge.hub.store.writer import Store
from edge.hub.watchdog import Watchdog
from edge.hub.web.access import Access
from edge.hub.web.api import Served, build
from edge.hub.web.listening import listen, server_config
from edge.hub.web.tls import certificate
from edge.hub.web.trust import certificate_page
from edge.system.process import stop_on_signal
from edge.system.service import Service

log = logging.getLogger(__name__)

_RECENT_SECONDS = 7 * 86_400
"""A device that was silent for longer is shown only where the broker keeps its `status`."""
_CONNECTIONS = 300
"""Requests and streams at a time; more are answered with 503."""


def serve(settings: HubSettings) -> None:
    """Store what devices publish and serve page and API until SIGTERM or SIGINT.

    Raises:
        EdgeError: the database cannot be used, another hub uses it, or the port is in use.

    """
    stop = stop_on_signal()
    _quieten("alembic", "uvicorn.error")
    database = Database(settings)
    secure = certificate(settings.http)
    with (
        database.lock(),  # first: another hub of this database has this port, too, and is the reason to name
        contextlib.closing(listen(settings.http.address, settings.http.port, "http")) as listener,
        certificate_page(settings),
    ):
        database.upgrade()
        history = History(database)
        live = Live(settings.http.max_streams, settings.store.max_devices)
        live.now.remember(history.latest(int(time.time()), _RECENT_SECONDS))
        server: uvicorn.Server

        def end() -> None:
            server.should_exit = True

        access = Access(database, settings, end)
        _check_accounts(settings.http, access)
        ingest = Ingest(settings, Store(database, settings.store.max_devices), live.publish, end)
        calendars = calendars_of(settings, end)
        lessons = Lessons(database, Timetables(settings.timetables, calendars))
        alerts = Alerts.of(settings, database, live.now, lambda: ingest.state, end)
        app = build(Served(history, live, lambda: ingest.state, alerts, lessons), access)
        server = _Server(_config(app, secure), live, stop, Watchdog(lambda: ingest.state, Service()))
        for part in (ingest, access, alerts, calendars):
            part.start()
        log.info("%s: the page; %s: the history", settings.http.url, database.place)
        try:
            server.run(sockets=[listener])
        finally:
            for part in (alerts, access, calendars, ingest):
                part.close()
            database.engine.dispose()
        access.check_threads()
        for thread in (ingest, alerts, calendars):
            thread.check()


def _config(app: FastAPI, secure: dict[str, Any]) -> uvicorn.Config:
    return server_config(app, _CONNECTIONS, forwarded_allow_ips="127.0.0.1", **secure)  # a proxy of this machine alone


def _quieten(*loggers: str) -> None:
    for name in loggers:
        logging.getLogger(name).setLevel(logging.WARNING)


class _Server(uvicorn.Server):
    """Ends streams of live data first, for which uvicorn would wait; ends, too, where `stop` was set before."""

    def __init__(self, config: uvicorn.Config, live: Live, stop: threading.Event, watchdog: Watchdog) -> None:
        super().__init__(config)
        self._live = live
        self._stop = stop
        self._watchdog = watchdog

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        self._watchdog.ready()
        self.should_exit |= self._stop.is_set()

    async def on_tick(self, counter: int) -> bool:
        """Do what uvicorn does ten times a second, and feed the watchdog."""
        self._watchdog.turn()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End in order."""
        self._live.end()
        await super().shutdown(sockets)


def _check_accounts(http: Http, access: Access) -> None:
    """Refuse to serve other machines without an account: everyone there could read everything."""
    if not http.loopback and not access.accounts.exist():
        problem = f"{http.address} is reached from other machines, and there is no account"
        remedy = "add one: emotion-edge hub accounts add NAME --role admin, or set {} to 127.0.0.1"
        raise ConfigError("http.address", problem, remedy, "http.address")
