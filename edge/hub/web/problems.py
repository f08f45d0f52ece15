"""Errors of the HTTP API as problem details (RFC 9457), and the headers of every answer."""

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.errors import EX_UNAVAILABLE, EdgeError

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
_LONGEST_NAME = 64
HEADERS = {
    # The page may also subscribe to a broker by WebSocket.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self' ws: wss:; manifest-src 'self'; worker-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class SafeHeaders:
    """Middleware that adds `HEADERS` and says what a browser may keep."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                if scope["scheme"] == "https":
                    headers["Strict-Transport-Security"] = "max-age=31536000"
                headers["Cache-Control"] = _cache(scope["path"], message["status"])
            await send(message)

        await self._app(scope, receive, send_safely)


def _cache(path: str, status: int) -> str:
    """Return what a browser may keep of an answer."""
    if path.startswith("/api/"):
        return "no-store"  # counts must not stay in a cache
    if path.startswith("/assets/") and status < HTTPStatus.BAD_REQUEST:
        return "public, max-age=31536000, immutable"  # a new content has a new name
    return "no-cache"  # a new release is there at the next load; what has not changed is not sent again


class CodedProblem(HTTPException):
    """An error that a program has to tell from others of its status."""

    def __init__(self, status: int, detail: str, code: str) -> None:
        super().__init__(status, detail)
        self.code = code


def problem(status: int, detail: str, headers: dict[str, str] | None = None, code: str = "") -> JSONResponse:
    """Return an error as an answer; `code` is for programs."""
    content = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    content |= {"code": code} if code else {}
    return JSONResponse(content, status, headers, MEDIA_TYPE)


def add_handlers(app: FastAPI) -> None:
    """Let every error of `app` be a problem."""
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(EdgeError, _edge)
    app.add_exception_handler(Exception, _unexpected)


def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "; ".join(_named(each) for each in error.errors()[:10]))


def _named(each: Any) -> str:  # noqa: ANN401 - pydantic's
    """Return `parameter: what is wrong with it`, without its value."""
    name = str(each["loc"][-1])[:_LONGEST_NAME] if len(each["loc"]) > 1 else "time"
    if each["type"] == "extra_forbidden":
        return f"{name}: there is no such parameter"
    message = str(each["msg"]).removeprefix("Value error, ")
    return f"{name}: {message[0].lower()}{message[1:]}"


def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = error.code if isinstance(error, CodedProblem) else ""
    return problem(error.status_code, str(error.detail), dict(error.headers or {}), code)


def _edge(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, EdgeError)
    log.warning("%s", error)
    later = error.exit_code == EX_UNAVAILABLE
    status = HTTPStatus.SERVICE_UNAVAILABLE if later else HTTPStatus.INTERNAL_SERVER_ERROR
    # The database's place is for the administrator, in the log.
    return problem(status, f"the database {error.problem}", {"Retry-After": "10"} if later else None)


def _unexpected(_request: Request, _error: Exception) -> JSONResponse:
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "the hub failed; its log says why")
