"""The HTTP API and the page."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

import edge_dashboard
from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic_core import to_json
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from edge import __version__
from edge.hub.alerts.alerts import Alerts
from edge.hub.broker.ingest import State
from edge.hub.broker.live import Live
from edge.hub.lesson.lessons import Lessons
from edge.hub.people.roles import Person, Scope
from edge.hub.store.history import History
from edge.hub.web import messages as m
from edge.hub.web.access import PREFIX, Access, person_of
from edge.hub.web.account_routes import routes as account_routes
from edge.hub.web.alert_routes import alert_routes
from edge.hub.web.incoming import HostNames, SmallBodies
from edge.hub.web.lesson_routes import routes as lesson_routes
from edge.hub.web.metrics import Sources, exposition
from edge.hub.web.openid_routes import openid_routes
from edge.hub.web.problems import MEDIA_TYPE, SafeHeaders, add_handlers

_REFUSED_SHOWN = 50


@dataclass(frozen=True)
class Served:
    """What the API shows.

    Attributes:
        history: what is read.
        live: what is streamed.
        state: returns the state of the ingestion.
        alerts: what needs a person.
        lessons: what is computed of lessons.

    """

    history: History
    live: Live
    state: Callable[[], State]
    alerts: Alerts
    lessons: Lessons


def build(served: Served, access: Access) -> FastAPI:
    """Return the application.

    Args:
        served: what it shows.
        access: checks every request under `PREFIX`.

    """
    history, live, state = served.history, served.live, served.state

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        live.begin()
        yield
        live.end()

    app = FastAPI(
        title="emotion-edge hub",
        version=__version__,
        description="Emotion counts of rooms: only aggregated counts, no picture. Times are UTC.",
        openapi_url=None,  # a route like all others, see `_now`
        docs_url=None,  # both load scripts from elsewhere
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
        dependencies=[Depends(access.check)],
    )
    app.add_middleware(SmallBodies)
    app.add_middleware(HostNames, names=access.http.names)
    app.add_middleware(SafeHeaders)
    add_handlers(app)
    app.include_router(_history(history), prefix=PREFIX)
    app.include_router(account_routes(access), prefix=PREFIX)
    app.include_router(openid_routes(access), prefix=PREFIX)
    app.include_router(alert_routes(access, served.alerts), prefix=PREFIX)
    app.include_router(lesson_routes(access, served.lessons), prefix=PREFIX)
    app.include_router(_now(history, live, state, access), prefix=PREFIX)
    app.include_router(_metrics(Sources(history.database, live, state, served.alerts)), prefix=PREFIX)
    app.include_router(_rest(app), prefix=PREFIX)
    page = Path(str(resources.files(edge_dashboard) / "page"))
    app.mount("/", StaticFiles(directory=page, html=True))
    return app


def _router() -> APIRouter:
    wrong = {"model": m.Problem, "content": {MEDIA_TYPE: {}}}
    return APIRouter(responses={422: wrong | {"description": "a parameter is wrong"}, 503: wrong})


def _answer(content: Any) -> Response:  # noqa: ANN401 - whatever JSON can say
    """Return JSON as it is: the models in `responses` document it, and to check each record again would cost more."""
    return Response(to_json(content), media_type="application/json")


def _history(history: History) -> APIRouter:
    """Return the routes that read what was stored."""
    router = _router()

    @router.get("/rooms", responses={200: {"model": m.Rooms}})
    def rooms(request: Request, _query: Annotated[m.Nothing, Query()]) -> Response:
        """Return the rooms that have records, and that this login may read."""
        scope = person_of(request).scope
        return _answer({"rooms": [each for each in history.rooms() if scope.sees_room(each["site"], each["room"])]})

    @router.get("/records", responses={200: {"model": m.Records}})
    def records(query: Annotated[m.RecordsQuery, Query()]) -> Response:
        """Return records of a room that ended in a time, oldest first, in pages."""
        found, mark = history.records(query.place, *query.seconds, query.limit, query.mark)
        return _answer({"records": found, "next": mark and "-".join(map(str, mark))})

    @router.get("/averages", responses={200: {"model": m.Averages}})
    def averages(query: Annotated[m.AveragesQuery, Query()]) -> Response:
        """Return averages of a room by minute or hour, also of those in which the time begins and ends."""
        found = history.averages(query.place, *query.seconds, query.resolution, query.device)
        return _answer({"averages": found})

    @router.get("/health", responses={200: {"model": m.HealthOfDevice}})
    def health(query: Annotated[m.HealthQuery, Query()]) -> Response:
        """Return what a device said about itself, where it changed."""
        return _answer({"health": history.health(query.site, query.device, *query.seconds, query.limit)})

    @router.get("/gaps", responses={200: {"model": m.Gaps}})
    def gaps(query: Annotated[m.GapsQuery, Query()]) -> Response:
        """Return times without records of the devices of a room, and what explains them."""
        return _answer({"gaps": history.gaps(query.place, *query.seconds, query.limit)})

    return router


def _now(history: History, live: Live, state: Callable[[], State], access: Access) -> APIRouter:
    """Return the routes that say what is now."""
    router = _router()

    @router.get("/state", responses={200: {"model": m.HubState}})
    def hub(request: Request, _query: Annotated[m.Nothing, Query()]) -> Response:
        """Return the state of the hub; the whole of it for administrators, without a login whether it works."""
        person: Person | None = request.state.person
        now = state()
        own = {"version": __version__ if person else "", "connected": now.connected, "problem": now.problem}
        own["sign_in"] = access.provider.settings.label if access.provider is not None else ""
        counters = {"stored": now.stored, "repeated": now.repeated}
        if person is not None and person.scope.everything:
            return _answer(own | counters | {"refused": history.refused(_REFUSED_SHOWN)})
        own["problem"] = "the hub cannot store now; its log says why" if now.problem else ""
        return _answer(own | (counters if person else dict.fromkeys(counters, 0)) | {"refused": []})

    @router.get("/devices", responses={200: {"model": m.DevicesNow}})
    def devices(request: Request, _query: Annotated[m.Nothing, Query()]) -> Response:
        """Return what is known of each device now; `live` streams what changes."""
        return _answer({"devices": live.now.devices(person_of(request).scope)})

    @router.get("/live", response_class=StreamingResponse, responses={200: {"content": {"text/event-stream": {}}}})
    async def stream(request: Request, _query: Annotated[m.Nothing, Query()]) -> Response:
        """Stream as server-sent events what devices publish, once it is stored.

        `record`, `health` and `info` are as published; `status` has `online`, `pause` has `paused`, and `removed` says
        that a device was decommissioned. The data of each event name site and device. A client that is too slow is
        disconnected, and reads what it missed from `devices` and `records`.
        """
        if live.full:
            raise HTTPException(503, "too many clients have live data; close a page", {"Retry-After": "30"})

        async def scope() -> Scope | None:
            """Return what may be read now; None: the login has ended."""
            person = await run_in_threadpool(access.who, request)
            return None if person is None else person.scope

        return StreamingResponse(live.stream(person_of(request).scope, scope), media_type="text/event-stream")

    return router


def _metrics(sources: Sources) -> APIRouter:
    """Return the route of the hub's own figures."""
    router = _router()

    @router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
    def metrics(_query: Annotated[m.Nothing, Query()]) -> Response:
        """Return the hub's own figures for a Prometheus, for administrators and the token of a whole site."""
        content, media_type = exposition(sources)
        return Response(content, media_type=media_type)

    return router


def _rest(app: FastAPI) -> APIRouter:
    """Return the document, and the answer to every other path."""
    router = _router()

    @router.get("/openapi.json", include_in_schema=False)
    def document(_query: Annotated[m.Nothing, Query()]) -> Response:
        """Return the OpenAPI document."""
        return _answer(app.openapi())

    @router.get("/{path:path}", include_in_schema=False)
    def nothing(path: str) -> Response:
        """Say that there is no such route; the page is for other paths."""
        del path
        raise HTTPException(404, f"there is no such route; {PREFIX}/openapi.json lists them")

    return router
