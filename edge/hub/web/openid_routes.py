"""Sign-in at the school's provider: there and back. What binds both is a cookie that only this hub can make."""

import base64
import hashlib
import hmac
import html
import json
import logging
import math
import secrets
import time
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from edge.errors import EdgeError, UnusableInput
from edge.hub.errors import ProviderUnavailable, SignInRefused
from edge.hub.people.openid import Begun, Provider
from edge.hub.web.access import Access, address_of, set_session
from edge.hub.web.messages import Nothing, Problem
from edge.hub.web.problems import MEDIA_TYPE, problem
from edge.system.once import OnceLogger

log = logging.getLogger(__name__)
_failures = OnceLogger(log)
_PROBLEM: dict[str, Any] = {"model": Problem, "content": {MEDIA_TYPE: {}}}
_LONGEST_SECONDS = 600
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>emotion-edge</title></head>
<body><h1>You are not logged in</h1><p>{}</p><p><a href="/">Back to the page</a></p></body></html>"""
_Text = Annotated[str, Field(max_length=2000)]


class CallbackQuery(BaseModel):
    """What the provider brings back; some add more."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    code: _Text = ""
    state: _Text = ""
    iss: _Text = Field("", description="of RFC 9207, where the provider sends it")
    error: _Text = Field("", description="where the person was not let in there")


class _Waiting:
    """Sign-ins that wait for their answer are kept by the browser, signed; so strangers fill no memory of the hub."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def pack(self, begun: Begun) -> str:
        """Return the cookie of a sign-in."""
        content = json.dumps([begun.state, begun.nonce, begun.verifier, int(time.time())]).encode()
        return base64.urlsafe_b64encode(hmac.digest(self._key, content, hashlib.sha256) + content).decode()

    def open(self, cookie: str, state: str) -> Begun:
        """Return the sign-in of an answer; raise `SignInRefused` where there is none of that state."""
        try:
            raw = base64.urlsafe_b64decode(cookie.encode())
        except ValueError:
            raw = b""
        seal, content = raw[:32], raw[32:]
        if not hmac.compare_digest(seal, hmac.digest(self._key, content, hashlib.sha256)):
            raise SignInRefused("this browser", "has begun no sign-in, or the hub was restarted meanwhile")
        expected, nonce, verifier, begun = json.loads(content)
        if not hmac.compare_digest(expected.encode(), state.encode()):
            raise SignInRefused("the answer", "belongs to another sign-in (state)")
        if not 0 <= time.time() - begun <= _LONGEST_SECONDS:
            raise SignInRefused("the sign-in", f"took longer than {_LONGEST_SECONDS // 60} minutes")
        return Begun("", expected, nonce, verifier)


def openid_routes(access: Access) -> APIRouter:
    """Return both of them."""
    router = APIRouter(responses=dict.fromkeys((403, 404, 422, 429, 503), _PROBLEM))
    waiting = _Waiting()
    cookie = f"{access.cookie}-oidc"

    @router.get("/oidc/login", status_code=303)
    def begin(request: Request, _query: Annotated[Nothing, Query()]) -> Response:
        """Send the browser to the school's provider, to sign in there."""
        try:
            begun = _provider(access).begin()
        except (SignInRefused, ProviderUnavailable) as error:
            return _refused(request, error)
        answer = RedirectResponse(begun.address, HTTPStatus.SEE_OTHER)
        # Lax: the provider's page leads back here, and a stricter cookie would not come along.
        answer.set_cookie(
            cookie,
            waiting.pack(begun),
            max_age=_LONGEST_SECONDS,
            path="/",
            secure=access.http.tls,
            httponly=True,
            samesite="lax",
        )
        return answer

    @router.get("/oidc/callback", status_code=303)
    def finish(request: Request, query: Annotated[CallbackQuery, Query()]) -> Response:
        """Take the browser back from the provider; the answer sets the cookie of a login, and leads to the page."""
        provider = _provider(access)
        try:
            begun = waiting.open(request.cookies.get(cookie, ""), query.state)
            secret = _session(access, provider, begun, query, address_of(request))
        except (SignInRefused, ProviderUnavailable, UnusableInput) as error:
            answer = _refused(request, error)
        else:
            answer = RedirectResponse("/", HTTPStatus.SEE_OTHER)
            former = request.state.person
            if former is not None and former.secret is not None:
                access.sessions.end(former.secret)
            set_session(answer, access, secret)
        answer.delete_cookie(cookie, path="/", secure=access.http.tls, httponly=True, samesite="lax")
        return answer

    return router


def _provider(access: Access) -> Provider:
    if access.provider is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "no OpenID provider is configured; see [oidc] of the hub")
    return access.provider


def _session(access: Access, provider: Provider, begun: Begun, query: CallbackQuery, address: str) -> str:
    """Return the secret of a new session of the person who has signed in."""
    if query.iss not in {"", provider.settings.issuer}:
        raise SignInRefused("the answer", "is of another provider (iss)")
    if query.error or not query.code:
        raise SignInRefused("the provider", "has not let you in")
    account = f"oidc {address}"  # no account is known yet
    wait = access.throttle.begin(account, address)
    if wait > 0:
        seconds = math.ceil(wait)
        detail = f"too many failed logins; try again in {seconds} s"
        raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, detail, {"Retry-After": str(seconds)})
    identity = provider.finish(query.code, begun.nonce, begun.verifier)
    access.throttle.passed(account, address)
    grant = provider.settings.grant_of(identity.groups)
    if grant is None:
        raise SignInRefused("your account", "is in no group that has a role here (oidc.roles)")
    secret = access.sessions.begin(access.accounts.sign_in(identity, grant))
    _failures.forget()
    return secret


def _refused(request: Request, error: EdgeError) -> Response:
    """Return an error for a person, as a page where a browser asks; addresses are for the administrator, in the log."""
    _failures.warning(error.facts, "login by OpenID Connect: %s (%s)", error, type(error.__cause__).__name__)
    later = isinstance(error, ProviderUnavailable)
    status = HTTPStatus.SERVICE_UNAVAILABLE if later else HTTPStatus.FORBIDDEN
    detail = f"{'the provider' if later else error.thing} {error.problem}"
    if "text/html" not in request.headers.get("accept", ""):
        return problem(status, detail, {"Retry-After": "10"} if later else None)
    return HTMLResponse(_PAGE.format(html.escape(f"{detail[0].upper()}{detail[1:]}.")), status)
