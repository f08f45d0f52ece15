"""The routes of the alerts: what needs a person now, and a test of its receivers."""

from http import HTTPStatus
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from edge.hub.alerts.alerts import Alerts
from edge.hub.alerts.rules import Alert
from edge.hub.alerts.symptoms import Kind
from edge.hub.errors import HubBusy
from edge.hub.people.audit import Entry
from edge.hub.web.access import Access, person_of
from edge.hub.web.messages import Nothing, Problem
from edge.hub.web.problems import MEDIA_TYPE
from edge.system.clock import iso

_PROBLEM: dict[str, Any] = {"model": Problem, "content": {MEDIA_TYPE: {}}}


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OpenAlert(_Answer):
    """Something that needs a person."""

    kind: Kind = Field(description=f"one of {', '.join(get_args(Kind))}")
    site: str = Field(description="of the device; empty: the hub itself is meant")
    subject: str = Field(description="id of the device, or the setting that names a certificate")
    room: str
    detail: str = Field(description="megabytes that are free, records that wait, an error, or seconds since 1970")
    since: str


class OpenAlerts(_Answer):
    """All alerts that are not over, oldest first."""

    configured: bool = Field(description="whether there is a receiver: `alerts.urls_file`")
    alerts: list[OpenAlert]


class ReceiverOutcome(_Answer):
    """What became of a test message."""

    receiver: str = Field(description="line of the file of addresses, and the kind of the service")
    problem: str = Field(description="why it was not taken; empty: it was")


class AlertsTested(_Answer):
    """What became of it with each receiver."""

    receivers: list[ReceiverOutcome]


def alert_routes(access: Access, alerts: Alerts) -> APIRouter:
    """Return all of them."""
    router = APIRouter(responses=dict.fromkeys((401, 403, 422, 503), _PROBLEM))

    @router.get("/alerts", responses={200: {"model": OpenAlerts}})
    def open_alerts(_query: Annotated[Nothing, Query()]) -> Response:
        """Return what needs a person now."""
        found = [_said(each) for each in alerts.open()]
        return JSONResponse({"configured": alerts.configured, "alerts": found})

    @router.post("/alerts/test", responses={200: {"model": AlertsTested}, 409: _PROBLEM})
    def test(request: Request, _query: Annotated[Nothing, Query()]) -> Response:
        """Send a test message to all receivers of alerts; the answer says who took it."""
        if not alerts.configured:
            raise HTTPException(HTTPStatus.CONFLICT, "no address is configured; set alerts.urls_file on the hub")
        try:
            outcomes = alerts.test()
        except HubBusy as error:
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, error.problem, {"Retry-After": "30"}) from None
        failed = sum(bool(each.problem) for each in outcomes)
        access.audit.note(
            Entry(person_of(request).name, "alerts tested", "", detail=f"{failed} of {len(outcomes)} failed")
        )
        return JSONResponse({"receivers": [each._asdict() for each in outcomes]})

    return router


def _said(alert: Alert) -> dict[str, Any]:
    return {**alert.key._asdict(), "room": alert.room, "detail": alert.detail, "since": iso(alert.since)}
