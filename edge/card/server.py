"""The enrolment server: takes a code and a certificate request, and gives a certificate once it was approved.

It runs while cards are being booted, on the machine of the certificate authority. A device asks again until there is an
answer; what is decided lies in the folder of codes, so that a restart forgets nothing.
"""

import contextlib
import hashlib
import logging
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from edge.card import certificate, codes
from edge.card.authority import Authority, HasCertificate
from edge.card.codes import Codes, Enrolment, Refused, Step
from edge.card.inventory import Inventory
from edge.card.plan import fingerprint
from edge.errors import EdgeError
from edge.hub.people.throttle import Throttle
from edge.hub.web.incoming import SmallBodies
from edge.hub.web.listening import listen, server_config
from edge.system.process import stop_on_signal

log = logging.getLogger(__name__)


_CONNECTIONS = 100
_RETRY_SECONDS = 10
_PATIENCE_SECONDS = 60
"""For a device that waits for what only the operator can change."""
_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"


def _printable(text: str) -> str:
    if not text.isprintable():  # the operator reads it on a terminal
        msg = "has characters that cannot be printed"
        raise ValueError(msg)
    return text


def _host_key(text: str) -> str:
    try:
        fingerprint(text)
    except EdgeError as error:
        raise ValueError(error.problem) from error
    return text


class Asked(BaseModel):
    """What a device sends. Anybody in the network can send it, so nothing of it can write to a terminal but words."""

    model_config = ConfigDict(extra="forbid", strict=True)

    code: Annotated[str, StringConstraints(min_length=16, max_length=64)]
    host: Annotated[str, StringConstraints(min_length=1, max_length=253), AfterValidator(_printable)]
    device_id: Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_printable)]
    csr: Annotated[str, StringConstraints(min_length=64, max_length=4096)]
    host_keys: Annotated[
        list[
            Annotated[
                str,
                StringConstraints(pattern=r"^[a-z0-9@.-]{1,64} [A-Za-z0-9+/]{32,1024}={0,2}$"),
                AfterValidator(_host_key),
            ]
        ],
        8,
    ] = []
    system: Annotated[str, StringConstraints(max_length=100), AfterValidator(_printable)] = ""
    machine: Annotated[str, StringConstraints(max_length=32), AfterValidator(_printable)] = ""


class _NoRequestError(EdgeError):
    """A device sent what is no certificate request."""


@dataclass(frozen=True)
class Desk:
    """What the server works with.

    Attributes:
        codes: what was written on cards.
        authority: signs.
        inventory: lists who has enrolled.
        broker_url: for the devices.
        approve_known: whether every valid code is approved without a person.
        signed: called after each new certificate, perhaps again, to let the broker know.
        retry_seconds: when a device is to ask again.

    """

    codes: Codes
    authority: Authority
    inventory: Inventory
    broker_url: str
    approve_known: bool = False
    signed: Callable[[], None] = lambda: None
    retry_seconds: int = _RETRY_SECONDS
    signing: threading.Lock = field(default_factory=threading.Lock)


def build(desk: Desk, throttle: Throttle | None = None) -> FastAPI:
    """Return the application."""
    slow = throttle or Throttle()
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.add_middleware(SmallBodies)

    @app.get("/v1/time")
    def time() -> Response:
        """Let a device compare clocks: the answer's Date."""
        return Response(status_code=HTTPStatus.NO_CONTENT)

    @app.post("/v1/enrol")
    def enrol(asked: Asked, request: Request) -> JSONResponse:
        address = request.client.host if request.client else "?"
        name = codes.digest(asked.code)
        wait = slow.begin(name, address)
        if wait > 0:
            return _problem(
                HTTPStatus.TOO_MANY_REQUESTS, "slow", "too many wrong codes from this address", int(wait) + 1
            )
        try:
            desk.codes.require(asked.code, asked.host, asked.device_id)
            answer = _answer(desk, asked, address)
        except Refused as error:
            log.warning("%s: refused from %s: %s", asked.host, address, error.problem)
            return _problem(HTTPStatus.FORBIDDEN, error.refusal, error.problem)
        except _NoRequestError as error:
            log.warning("%s: %s", asked.host, error)
            answer = _problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", str(error))
        except HasCertificate as error:
            log.warning("%s", error)
            answer = _problem(HTTPStatus.CONFLICT, "has_certificate", str(error), _PATIENCE_SECONDS)
        except EdgeError as error:
            log.error("%s: %s", asked.host, error)  # noqa: TRY400 - no fault of the code
            detail = "the server cannot sign now; its log says why"
            answer = _problem(HTTPStatus.SERVICE_UNAVAILABLE, "not_now", detail, _PATIENCE_SECONDS)
        slow.passed(name, address)
        return answer

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, _error: RequestValidationError) -> JSONResponse:
        return _problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", "this is no request of an enrolment")

    return app


def _answer(desk: Desk, asked: Asked, address: str) -> JSONResponse:
    """Return what a device with a good code gets; raise `EdgeError` where it gets nothing."""
    shown = codes.Request(
        hashlib.sha256(_public_part(asked.csr)).hexdigest(),
        address,
        tuple(asked.host_keys),
        asked.system,
        asked.machine,
    )
    enrolment = desk.codes.show(asked.code, asked.host, asked.device_id, shown)
    if enrolment.step is Step.ASKED and desk.approve_known:
        with contextlib.suppress(EdgeError):  # somebody else was faster
            desk.codes.decide(enrolment.host, approve=True)
        enrolment = desk.codes.show(asked.code, asked.host, asked.device_id, shown)
    if enrolment.step is Step.ASKED:
        answer = JSONResponse({"state": "waiting"}, HTTPStatus.ACCEPTED)
        answer.headers["Retry-After"] = str(desk.retry_seconds)
        return answer
    signed = _sign(desk, enrolment, asked.csr)
    content = {
        "state": "signed",
        "certificate": signed,
        "ca": desk.authority.certificate,
        "broker_url": desk.broker_url,
    }
    return JSONResponse(content)


def _sign(desk: Desk, enrolment: Enrolment, request: str) -> str:
    """Return the certificate of an approved enrolment; one that was signed before gets the same.

    That it is signed is noted last: a device asks again until it has its answer, and then everything is done again that
    a full disk or the end of this server had kept from being done.
    """
    with desk.signing:
        desk.inventory.check()
        signed = desk.authority.sign(enrolment.site, enrolment.device_id, request)
        if enrolment.step is not Step.SIGNED:
            others = [one for one in desk.codes.all() if one.host != enrolment.host]
            listed = [*others, replace(enrolment, step=Step.SIGNED)]
            desk.inventory.write(sorted(listed, key=lambda one: one.host))
            desk.signed()
            desk.codes.signed(enrolment)
            log.info("%s: signed as %s, and added to the inventory", enrolment.host, enrolment.device_id)
        return signed


def _public_part(request: str) -> bytes:
    """Return the public key of a certificate request; raise `_NoRequestError` where it is none."""
    words = ["openssl", "req", "-noout", "-pubkey"]
    try:
        done = subprocess.run(  # noqa: S603 - fixed words
            words, input=request.encode(), capture_output=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EdgeError(
            "openssl", f"cannot be run ({error})", "apt install openssl, or look what slows this machine"
        ) from error
    if done.returncode or b"BEGIN PUBLIC KEY" not in done.stdout:
        raise _NoRequestError("the certificate request", "cannot be read", "make it by: openssl req -new")
    return done.stdout


def _problem(status: HTTPStatus, code: str, detail: str, retry: int = 0) -> JSONResponse:
    answer = JSONResponse({"code": code, "detail": detail}, status)
    if retry:
        answer.headers["Retry-After"] = str(retry)
    return answer


def serve(desk: Desk, folder: Path, address: tuple[str, int], ready: Callable[[int], None]) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        desk: what to work with.
        folder: of the server's certificate.
        address: IP address and port to listen on; port 0: any.
        ready: called with the port.

    Raises:
        EdgeError: the port is in use, or the certificate cannot be used.

    """
    stop = stop_on_signal()
    own, key = certificate.files(folder)
    with contextlib.closing(listen(*address, "--listen")) as listener:
        more: dict[str, Any] = {"ssl_certfile": str(own), "ssl_keyfile": str(key), "ssl_ciphers": _CIPHERS}
        config = server_config(build(desk), _CONNECTIONS, lifespan="off", **more)

        class Server(uvicorn.Server):
            async def on_tick(self, counter: int) -> bool:
                self.should_exit |= stop.is_set()
                return await super().on_tick(counter)

        listener.listen(_CONNECTIONS)  # who connects before the server runs waits, and is not refused
        ready(listener.getsockname()[1])
        Server(config).run(sockets=[listener])
