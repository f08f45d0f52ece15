"""The routes of the alerts: what needs a person now, and a test of its receivers."""

from http import HTTPStatus
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from edge.hub.alert_settings import Alerts as AlertSettings
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


class AlertLimits(_Answer):
    """What makes an alert: the settings of `[alerts]`."""

    silent_minutes: float = Field(description="without a message of a device")
    camera_minutes: float = Field(description="without a picture of a camera")
    spool_records: int = Field(description="that wait on a device")
    certificate_days: float = Field(description="until a certificate of the hub ends")
    disk_megabytes: int = Field(description="of free space below which the disk is nearly full")


class QuietHours(_Answer):
    """When only what loses records is sent."""

    begin: str = Field(description="HH:MM")
    end: str = Field(description="HH:MM")
    timezone: str


class OpenAlerts(_Answer):
    """All alerts that are not over, oldest first, and what is configured."""

    configured: bool = Field(description="whether there is a receiver: `alerts.urls_file`")
    receivers: list[str] = Field(description="line of the file of addresses, and the kind of the service")
    limits: AlertLimits
    quiet: QuietHours | None = Field(description="null: there are no quiet hours")
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
        limits = {name: getattr(alerts.settings, name) for name in AlertLimits.model_fields}
        configured = {"configured": alerts.configured, "receivers": alerts.receivers, "limits": limits}
        return JSONResponse({**configured, "quiet": _quiet(alerts.settings), "alerts": found})

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


def _quiet(settings: AlertSettings) -> dict[str, str] | None:
    if settings.quiet is None:
        return None
    begin, end = settings.quiet
    return {"begin": f"{begin:%H:%M}", "end": f"{end:%H:%M}", "timezone": settings.timezone}


def _said(alert: Alert) -> dict[str, Any]:
    return {**alert.key._asdict(), "room": alert.room, "detail": alert.detail, "since": iso(alert.since)}
