"""Who may do what over HTTP: every route has a line in `RIGHTS`; one without a line is for administrators alone."""

import enum
import hmac
import logging
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from edge.errors import EdgeError
from edge.hub.broker.pauses import Pauses
from edge.hub.broker.switch import Switch
from edge.hub.lesson.marks import Marks
from edge.hub.people.accounts import Accounts
from edge.hub.people.audit import Audit
from edge.hub.people.openid import Provider
from edge.hub.people.roles import LOCAL, Person
from edge.hub.people.sessions import Sessions
from edge.hub.people.throttle import Throttle
from edge.hub.settings import HubSettings
from edge.hub.store.database import Database
from edge.hub.thread import HubThread
from edge.hub.web.problems import CodedProblem
from edge.system.once import OnceLogger

log = logging.getLogger(__name__)

PREFIX = "/api/v1"
CSRF_HEADER = "X-CSRF-Token"
_READING = ("GET", "HEAD")
_TICK_SECONDS = 2.0
_PRUNE_TICKS = 1800
_DAY = 86_400


class Need(enum.Enum):
    """What a request needs."""

    NOTHING = enum.auto()
    """Not even a login; the answer shows nothing of a room."""
    LOGIN = enum.auto()
    """A login; the answer holds only what this person may read."""
    ROOM = enum.auto()
    """The right to read the room of the parameters `site` and `room`."""
    ROOM_TO_WRITE = enum.auto()
    """The same, by a person: screens only read."""
    DEVICE = enum.auto()
    """The right to read the device of the parameters `site` and `device`."""
    DEVICE_OF_PATH = enum.auto()
    """A login; the route itself checks the device of its path."""
    AUDIT = enum.auto()
    """An administrator; or a head, for the own site."""
    METRICS = enum.auto()
    """An administrator, or the token of a whole site: a Prometheus has no browser to log in with."""
    ADMIN = enum.auto()
    """An administrator."""


RIGHTS: dict[tuple[str, str], Need] = {
    ("GET", "/openapi.json"): Need.LOGIN,
    ("GET", "/{path:path}"): Need.LOGIN,
    ("GET", "/rooms"): Need.LOGIN,
    ("GET", "/records"): Need.ROOM,
    ("GET", "/averages"): Need.ROOM,
    ("GET", "/gaps"): Need.ROOM,
    ("GET", "/lessons"): Need.ROOM,
    ("GET", "/lesson"): Need.ROOM,
    ("GET", "/comparison"): Need.ROOM,
    ("GET", "/heat"): Need.ROOM,
    ("GET", "/marks"): Need.ROOM,
    ("POST", "/marks"): Need.ROOM_TO_WRITE,
    ("DELETE", "/marks/{mark}"): Need.ROOM_TO_WRITE,
    ("GET", "/health"): Need.DEVICE,
    ("GET", "/state"): Need.NOTHING,
    ("GET", "/devices"): Need.LOGIN,
    ("GET", "/live"): Need.LOGIN,
    ("POST", "/session"): Need.NOTHING,
    ("GET", "/session"): Need.LOGIN,
    ("DELETE", "/session"): Need.LOGIN,
    ("POST", "/password"): Need.LOGIN,
    ("GET", "/devices/{device}/pause"): Need.DEVICE_OF_PATH,
    ("POST", "/devices/{device}/pause"): Need.DEVICE_OF_PATH,
    ("GET", "/audit"): Need.AUDIT,
    ("GET", "/oidc/login"): Need.NOTHING,
    ("GET", "/oidc/callback"): Need.NOTHING,
    ("GET", "/metrics"): Need.METRICS,
    ("GET", "/alerts"): Need.ADMIN,
    ("POST", "/alerts/test"): Need.ADMIN,
}
"""What each route under `PREFIX` needs."""
_FROM_ELSEWHERE = {"/oidc/callback"}
"""The provider sends the browser there; what it brings is bound to a cookie of this browser."""


class Access:
    """Accounts, sessions and pauses of a hub, and the check of every request.

    Attributes:
        accounts: people and tokens.
        sessions: who is logged in.
        audit: who did what.
        throttle: slows down who guesses passwords.
        pauses: orders to devices.
        marks: of people, on the time axis.
        http: settings of the page and the API.
        provider: where people sign in by OpenID Connect; None where none is configured.

    """

    def __init__(
        self,
        database: Database,
        settings: HubSettings | None = None,
        on_failure: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare; `on_failure` is called where a thread ends before `close`, and `check_threads` then raises why.

        Raises:
            ConfigError: the password file of `commands` or what `oidc` names cannot be used.

        """
        settings = settings or HubSettings()
        self.http = settings.http
        self.provider = Provider(settings.oidc) if settings.oidc.issuer else None
        self.accounts = Accounts(database)
        self.sessions = Sessions(database)
        self.audit = Audit(database)
        self.throttle = Throttle()
        self._switch = Switch(settings, on_failure) if settings.commands.username else None
        self.pauses = Pauses(database, self.audit, self._switch)
        self.marks = Marks(database, self.audit)
        self._failures = OnceLogger(log)
        self._worker = HubThread(partial(self._look_after, settings.store.keep_days * _DAY), "access", on_failure)

    def start(self) -> None:
        """Connect for pauses, and look after what ends by itself, until `close`."""
        if self._switch is not None:
            self._switch.start()
        self._worker.start()

    def close(self) -> None:
        """End; orders that wait fail."""
        self._worker.closing.set()
        if self._switch is not None:
            self._switch.close()

    def check_threads(self) -> None:
        """Raise what ended one of the threads, if anything did."""
        self._worker.check()
        if self._switch is not None:
            self._switch.check()

    def check(self, request: Request) -> None:
        """Let a request pass, with `request.state.person` (None: nobody); a dependency of every route.

        Raises:
            HTTPException: 401 without a login, 403 without the right.

        """
        route = request.scope["route"].path.removeprefix(PREFIX)
        need = RIGHTS.get(("GET" if request.method == "HEAD" else request.method, route), Need.ADMIN)
        person = request.state.person = self.who(request)
        elsewhere = request.headers.get("sec-fetch-site", "none") in {"cross-site", "same-site"}
        if elsewhere and route not in _FROM_ELSEWHERE:
            raise HTTPException(HTTPStatus.FORBIDDEN, "a page of another address asks; open the hub's own page")
        if need is Need.NOTHING:
            return
        if person is None:
            detail = f"log in: POST {PREFIX}/session, or send a token: Authorization: Bearer TOKEN"
            raise HTTPException(HTTPStatus.UNAUTHORIZED, detail, {"WWW-Authenticate": "Bearer"})
        if request.method not in _READING:
            _check_csrf(request, person)
        _check_right(request, person, need)

    def who(self, request: Request) -> Person | None:
        """Return who asks; where there is no account, everyone on this machine may read."""
        scheme, _blank, token = request.headers.get("authorization", "").partition(" ")
        secret = token.strip() if scheme.lower() == "bearer" else request.cookies.get(self.cookie, "")
        person = self.sessions.who(secret) if secret else None
        if person is None and self.http.loopback and not self.accounts.exist():
            return LOCAL
        return person

    @property
    def cookie(self) -> str:
        """Name of the cookie; with the prefix a browser takes it only by HTTPS and from this host alone."""
        return "__Host-emotion-edge" if self.http.tls else "emotion-edge"

    def _look_after(self, keep_seconds: float) -> None:
        tick = 0
        while not self._worker.closing.is_set():
            try:
                self.pauses.end_due()
                if tick % _PRUNE_TICKS == 0:
                    self.sessions.prune()
                    self.audit.prune(keep_seconds)
                    self.marks.prune(keep_seconds)
                tick += 1
                self._failures.forget()
            except EdgeError as error:
                self._failures.warning(error.facts, "%s; trying again", str(error))
            self._worker.closing.wait(_TICK_SECONDS)


def person_of(request: Request) -> Person:
    """Return who asks, on a route that needs a login."""
    person = request.state.person
    assert isinstance(person, Person)
    return person


def address_of(request: Request) -> str:
    """Return the address from which a request comes."""
    return request.client.host if request.client is not None else ""


def set_session(answer: Response, access: Access, secret: str, seconds: int | None = None) -> None:
    """Let the browser keep a session; without `seconds` until it is closed."""
    answer.set_cookie(
        access.cookie,
        secret,
        max_age=seconds,
        path="/",
        secure=access.http.tls,
        httponly=True,
        samesite="strict",
    )


def _check_csrf(request: Request, person: Person) -> None:
    if person.kind == "local":
        detail = "nobody can change anything before there is an account; add one: emotion-edge hub accounts add"
        raise HTTPException(HTTPStatus.FORBIDDEN, detail)
    said = request.headers.get(CSRF_HEADER, "")
    if person.csrf is None and request.method == "DELETE":
        return  # a screen that forgets its token changes nothing here
    if person.csrf is None or not hmac.compare_digest(said.encode(), person.csrf.encode()):
        detail = f"this login may change nothing without the header {CSRF_HEADER}; GET {PREFIX}/session has its value"
        raise HTTPException(HTTPStatus.FORBIDDEN, detail)


def _check_right(request: Request, person: Person, need: Need) -> None:
    scope = person.scope
    allowed = True
    if need is Need.ADMIN:
        allowed = person.kind in {"admin", "local"}
    elif need is Need.METRICS:
        allowed = person.kind in {"admin", "local"} or (person.kind == "screen" and bool(scope.sites))
    elif need is Need.AUDIT:
        allowed = person.kind in {"admin", "head"}
    elif need in {Need.ROOM, Need.ROOM_TO_WRITE}:
        allowed = scope.everything or scope.sees_room(*_once(request, "site", "room"))
        allowed &= need is Need.ROOM or person.marks
    elif need is Need.DEVICE:
        allowed = scope.everything or scope.sees_device(*_once(request, "site", "device"))
    if not allowed and person.kind == "teacher" and not scope.rooms:
        detail = "no record of your devices has come yet, so nobody knows in which room they stand"
        raise CodedProblem(HTTPStatus.FORBIDDEN, detail, "room_unknown")
    if not allowed:
        raise HTTPException(HTTPStatus.FORBIDDEN, f"the role {person.kind} of this login does not include that")


def _once(request: Request, *names: str) -> list[Any]:
    """Return parameters, each of which must be there once: of two, the check might read another one than the route."""
    found = [request.query_params.getlist(name) for name in names]
    for name, values in zip(names, found, strict=True):
        if len(values) != 1:
            raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, f"{name}: is needed once")
    return [values[0] for values in found]
