"""The routes of logins, pauses and the audit log."""

import math
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy.engine import Row
from starlette.exceptions import HTTPException

from edge.contract.reading import Place
from edge.errors import EdgeError, Unavailable, UnusableInput
from edge.hub.broker.switch import NobodyListens, OutcomeUnknown
from edge.hub.errors import HubBusy, WeakPassword
from edge.hub.people import passwords
from edge.hub.people.accounts import TOKEN_PREFIX, account_key
from edge.hub.people.roles import Person
from edge.hub.web import account_messages as m
from edge.hub.web.access import Access, address_of, person_of, set_session
from edge.hub.web.messages import Nothing, Problem
from edge.hub.web.problems import MEDIA_TYPE, CodedProblem

_PROBLEM: dict[str, Any] = {"model": Problem, "content": {MEDIA_TYPE: {}}}
_SCREEN_SECONDS = 400 * 24 * 3600
"""Browsers keep no cookie for longer."""


def routes(access: Access) -> APIRouter:
    """Return all of them."""
    router = APIRouter(responses=dict.fromkeys((401, 403, 422, 503), _PROBLEM))
    _login(router, access)
    _logged_in(router, access)
    _password(router, access)
    _pause(router, access)
    return router


def _login(router: APIRouter, access: Access) -> None:
    @router.post("/session", responses={200: {"model": m.SessionAnswer}, 429: _PROBLEM})
    def log_in(request: Request, login: Annotated[m.Login, Body()]) -> Response:
        """Log in by name and password, or by the token of a wall screen; the answer sets a cookie."""
        former = request.state.person
        if login.token:
            secret, person = login.token, access.sessions.who(login.token)
            if person is None or not login.token.startswith(TOKEN_PREFIX):
                raise HTTPException(HTTPStatus.UNAUTHORIZED, "there is no such token")
        else:
            secret = _session(access, login, address_of(request))
            person = access.sessions.who(secret)
            if person is None:
                raise HTTPException(HTTPStatus.UNAUTHORIZED, "the account was removed just now")
        if former is not None and former.secret is not None:
            access.sessions.end(former.secret)
        answer = _about(access, person)
        set_session(answer, access, secret, _SCREEN_SECONDS if person.kind == "screen" else None)
        return answer


def _session(access: Access, login: m.Login, address: str) -> str:
    """Return the secret of a new session; raise where name or password is wrong, or too many were tried."""
    row = _proven(access, login.name, login.password, address)
    if row is None:
        raise HTTPException(HTTPStatus.UNAUTHORIZED, "name or password is wrong")
    if passwords.is_outdated(row.password):
        access.accounts.renew_hash(row.id, login.password)
    return access.sessions.begin(row.id)


def _proven(access: Access, name: str, password: str, address: str) -> Row[Any] | None:
    """Return the account whose password this is; None where it is not, which counts as a guess.

    Raises:
        HTTPException: 429: too many were wrong; 503: too many are tried at the same time.

    """
    key = account_key(name)
    wait = access.throttle.begin(key, address)
    if wait > 0:
        seconds = math.ceil(wait)
        raise HTTPException(
            HTTPStatus.TOO_MANY_REQUESTS,
            f"too many failed logins; try again in {seconds} s",
            {"Retry-After": str(seconds)},
        )
    row = access.accounts.find(name)
    try:
        right = passwords.matches(None if row is None else row.password, password)
    except HubBusy as error:
        raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, error.problem, {"Retry-After": "10"}) from None
    if row is None or not right:
        access.audit.count_failure(row and row.name, row.site if row is not None else "")
        return None
    access.throttle.passed(key, address)
    return row


def _password(router: APIRouter, access: Access) -> None:
    @router.post("/password", status_code=204, responses={429: _PROBLEM})
    def change(request: Request, change: Annotated[m.PasswordChange, Body()]) -> Response:
        """Change the own password; all other sessions of the account end."""
        person = person_of(request)
        if _proven(access, person.name, change.old, address_of(request)) is None:
            raise CodedProblem(HTTPStatus.FORBIDDEN, "the old password is wrong", "password_wrong")
        try:
            access.accounts.set_password(person.name, change.new, person.name, person.secret or "")
        except WeakPassword as error:
            detail = f"{error.thing} {error.problem}; {error.remedy}"
            raise CodedProblem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, error.code) from None
        except UnusableInput as error:
            detail = f"{error.thing} {error.problem}; {error.remedy}"
            raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, detail) from None
        except HubBusy as error:
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, error.problem, {"Retry-After": "10"}) from None
        return Response(status_code=204)


def _logged_in(router: APIRouter, access: Access) -> None:
    @router.get("/session", responses={200: {"model": m.SessionAnswer}})
    def session(request: Request, _query: Annotated[Nothing, Query()]) -> Response:
        """Return who is logged in; a screen keeps its cookie for as long as it asks now and then."""
        person = person_of(request)
        answer = _about(access, person)
        secret = request.cookies.get(access.cookie, "")
        if person.kind == "screen" and secret.startswith(TOKEN_PREFIX):
            set_session(answer, access, secret, _SCREEN_SECONDS)
        return answer

    @router.delete("/session", status_code=204)
    def log_out(request: Request, _query: Annotated[Nothing, Query()]) -> Response:
        """Log out."""
        person = person_of(request)
        if person.secret is not None:
            access.sessions.end(person.secret)
        answer = Response(status_code=204)
        answer.delete_cookie(access.cookie, path="/", secure=access.http.tls, httponly=True, samesite="strict")
        return answer

    @router.get("/audit", responses={200: {"model": m.AuditAnswer}})
    def audit(request: Request, query: Annotated[m.AuditQuery, Query()]) -> Response:
        """Return who paused, who changed accounts, and failed logins, newest first; a head sees the own site."""
        person = person_of(request)
        sites = [None] if person.scope.everything else sorted(person.scope.sites)
        entries = [entry for site in sites for entry in access.audit.entries(site, *query.seconds, query.limit)]
        return JSONResponse({"audit": entries})


def _pause(router: APIRouter, access: Access) -> None:
    found: dict[int | str, dict[str, Any]] = {404: _PROBLEM, 409: _PROBLEM}

    @router.get("/devices/{device}/pause", responses={200: {"model": m.PauseAnswer}, **found})
    def paused(request: Request, device: m.DeviceName, query: Annotated[m.PauseQuery, Query()]) -> Response:
        """Return whether a device is paused, who paused it, since when and until when."""
        person = person_of(request)
        state = access.pauses.state(_place(access, person, device, query.site))
        return JSONResponse(state | ({"by": None} if person.kind == "screen" else {}))

    @router.post("/devices/{device}/pause", status_code=202, responses={202: {"model": m.PauseAnswer}, **found})
    def pause(
        request: Request,
        device: m.DeviceName,
        query: Annotated[m.PauseQuery, Query()],
        order: Annotated[m.PauseOrder, Body()],
    ) -> Response:
        """Pause a device, or end the pause; 202: the device has the order, `pause` follows when it was carried out."""
        person = person_of(request)
        place = _place(access, person, device, query.site)
        if not person.pauses(place):
            raise HTTPException(HTTPStatus.FORBIDDEN, f"the role {person.kind} of this login does not pause devices")
        try:
            state = access.pauses.order(place, person.name, paused=order.paused, until=order.until)
        except NobodyListens as error:
            raise HTTPException(HTTPStatus.CONFLICT, str(error)) from None
        except OutcomeUnknown as error:
            detail = f"it is not known whether the device has the order: the broker {error.problem}; {error.remedy}"
            raise CodedProblem(HTTPStatus.SERVICE_UNAVAILABLE, detail, "outcome_unknown") from None
        except Unavailable as error:
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, _for_person(error), {"Retry-After": "10"}) from None
        return JSONResponse(state, 202)


def _place(access: Access, person: Person, device: str, site: str) -> Place:
    """Return the device that is meant; raise where there is none, or the person may not read it."""
    of_scope = {each for each in person.scope.devices if each.device == device}
    known = of_scope.union(access.sessions.place_of(device), access.pauses.places(device))
    meant = [each for each in known if not site or each.site == site]
    seen = [each for each in meant if person.scope.sees_device(*each)]
    if not seen:
        if person.scope.everything:
            raise HTTPException(HTTPStatus.NOT_FOUND, "there is no such device")
        raise HTTPException(HTTPStatus.FORBIDDEN, f"the role {person.kind} of this login does not include that device")
    if len(seen) > 1:
        raise HTTPException(HTTPStatus.CONFLICT, "several sites have such a device; add site=SITE")
    return seen[0]


def _about(access: Access, person: Person) -> JSONResponse:
    sites = {place.site for place in person.scope.devices} | person.scope.sites
    return JSONResponse(
        {
            "name": person.name,
            "role": person.kind,
            "site": "".join(sorted(sites)[:1]),
            "rooms": person.devices,
            "csrf": person.csrf,
            "plain_http": not access.http.tls and not access.http.loopback,
            "pauses": access.pauses.are_configured,
        }
    )


def _for_person(error: EdgeError) -> str:
    """Return an error for a browser: addresses are for the administrator, in the log."""
    return f"the order was not sent: {error.problem}" + (f"; {error.remedy}" if error.remedy else "")
