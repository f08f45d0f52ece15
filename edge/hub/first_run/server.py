"""Serves the set-up page until it was answered, or its code is dead; writes the answers for root, and nothing else."""

import contextlib
import logging
import socket
from collections.abc import AsyncGenerator
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from edge.hub.first_run import answers, page
from edge.hub.first_run.camera import Camera
from edge.hub.first_run.code import Code, Verdict
from edge.hub.settings import HubSettings
from edge.hub.web.incoming import HostNames, SmallBodies
from edge.hub.web.listening import listen, server_config
from edge.hub.web.tls import certificate
from edge.hub.web.trust import certificate_page
from edge.system.process import stop_on_signal
from edge.system.service import Service

log = logging.getLogger(__name__)

ANSWERS = "answers.json"
_CONNECTIONS = 50
_FIELDS = 20
_VANISHED_MILLISECONDS = 20_000
"""A browser that acknowledges nothing for so long, such as that of a locked phone, has left: the camera closes."""
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with no-referrer a browser sends `Origin: null` with the form
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def settings_of_first_run() -> HubSettings:
    """Return where the page is: where the hub will be."""
    http = {
        "address": "0.0.0.0",  # noqa: S104 - a phone opens it; HTTPS and a code guard it
        "cert_file": "credential:emotion-edge.hub-web-cert",
        "key_file": "credential:emotion-edge.hub-web-key",
    }
    return HubSettings.model_validate({"http": http, "trust": {"ca_file": "credential:emotion-edge.hub-web-ca"}})


def serve(settings: HubSettings, code: Code, folder: Path) -> None:
    """Serve until SIGTERM, or until the code is dead.

    Args:
        settings: address, certificate and host names.
        code: that a browser has to know.
        folder: where the answers are written.

    Raises:
        EdgeError: a port is in use, or a certificate cannot be used.

    """
    stop = stop_on_signal()
    service = Service()
    with (
        contextlib.closing(listen(settings.http.address, settings.http.port, "http")) as listener,
        certificate_page(settings),
    ):
        # The connections take it over.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _VANISHED_MILLISECONDS)
        app = build(settings, code, folder)
        config = server_config(app, _CONNECTIONS, lifespan="off", **certificate(settings.http))

        class Server(uvicorn.Server):
            """Ends with its code; after an answer, root ends it: with the service goes the folder of the answers."""

            async def on_tick(self, counter: int) -> bool:
                self.should_exit |= stop.is_set() or code.is_over
                return await super().on_tick(counter)

        log.info("%s: the set-up page", settings.http.url)
        service.ready()
        Server(config).run(sockets=[listener])
        if code.is_over and not stop.is_set():
            log.warning("the code of the set-up page is dead; install.sh --all-in-one --ask page makes another one")


def build(settings: HubSettings, code: Code, folder: Path, camera: Camera | None = None) -> Starlette:
    """Return the application; arguments as of `serve`, and what shows where faces are."""
    seen = camera or Camera()

    async def show(request: Request) -> Response:
        language = _language(request)
        if code.seconds_left <= 0:
            return _answer(page.notice(language, "dead"), HTTPStatus.GONE)
        return _answer(page.form(language, {}, {}))

    async def take(request: Request) -> Response:
        language = _language(request)
        if not _is_own(request):
            return _answer(page.notice(language, "foreign"), HTTPStatus.FORBIDDEN)
        said = _fields(await request.body())
        return await run_in_threadpool(_take, code, folder, language, said)

    async def look(request: Request) -> Response:
        said = _fields(await request.body())
        if not _is_own(request):
            return Response(status_code=HTTPStatus.FORBIDDEN, headers=_HEADERS)
        verdict = _try_code(code, said)
        if verdict is not Verdict.RIGHT:
            status = HTTPStatus.GONE if verdict is Verdict.DEAD else HTTPStatus.FORBIDDEN
            return Response(status_code=status, headers=_HEADERS)
        return _Lines(seen.lines(), headers=_HEADERS, media_type="application/x-ndjson")

    middleware = [Middleware(SmallBodies), Middleware(HostNames, names=settings.http.names)]
    routes = [
        Route("/", show),
        Route("/", take, methods=["POST"]),
        Route("/camera", look, methods=["POST"]),
    ]
    return Starlette(routes=routes, middleware=middleware)


class _Lines(StreamingResponse):
    """Closes what it reads from, also where it is cancelled while it writes: the camera must not stay open."""

    def __init__(self, lines: AsyncGenerator[str, None], **more: Any) -> None:  # noqa: ANN401 - as its base takes them
        super().__init__(lines, **more)
        self._lines = lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        async with contextlib.aclosing(self._lines):
            await super().__call__(scope, receive, send)


def _take(code: Code, folder: Path, language: str, said: dict[str, str]) -> Response:
    """Answer a form: first the code, so that nobody without it learns anything."""
    verdict = _try_code(code, said)
    if verdict is Verdict.DEAD:
        return _answer(page.notice(language, "dead"), HTTPStatus.GONE)
    if verdict is Verdict.WRONG:
        problems = {"code": "wrong_code"}
        return _answer(page.form(language, said, problems, "wrong_code"), HTTPStatus.FORBIDDEN)
    found, problems = answers.check(said)
    if found is None:
        return _answer(page.form(language, said, problems, "wrong"), HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        verdict = code.use(said["code"], lambda: answers.write(folder / ANSWERS, found))
    except OSError as error:
        log.error("%s: cannot be written (%s)", folder, error.strerror)  # noqa: TRY400 - no fault of the code
        return _answer(page.notice(language, "failed"), HTTPStatus.INTERNAL_SERVER_ERROR)
    if verdict is not Verdict.RIGHT:  # another browser was faster
        return _answer(page.notice(language, "dead"), HTTPStatus.GONE)
    log.info("the set-up page was answered")
    return _answer(page.waiting(language))


def _try_code(code: Code, said: dict[str, str]) -> Verdict:
    verdict = code.try_(said.get("code", ""))
    if verdict is Verdict.WRONG:
        log.warning("a wrong code was tried on the set-up page")
    return verdict


def _is_own(request: Request) -> bool:
    """Whether the form was sent by this page: a browser says where a request comes from."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _fields(body: bytes) -> dict[str, str]:
    """Return the fields of a form; nothing of one that has too many, or one twice."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_FIELDS, errors="strict")
    except ValueError:
        return {}
    return dict(pairs) if len(dict(pairs)) == len(pairs) else {}


def _language(request: Request) -> str:
    return page.choose(request.query_params.get("lang", ""), request.headers.get("accept-language", ""))


def _answer(content: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return HTMLResponse(content, status, {**_HEADERS, "Content-Security-Policy": page.policy()})
