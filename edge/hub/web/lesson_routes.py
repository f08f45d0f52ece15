"""The routes of lessons and of the marks on their time axis."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Request
from fastapi.responses import JSONResponse, Response

from edge.hub.lesson.lessons import Lessons
from edge.hub.lesson.marks import MOST_OF_A_DAY, Mark, Marks
from edge.hub.people.roles import Person
from edge.hub.web import lesson_messages as m
from edge.hub.web.access import Access, person_of
from edge.hub.web.messages import Problem
from edge.hub.web.problems import MEDIA_TYPE, CodedProblem

_PROBLEM: dict[str, Any] = {"model": Problem, "content": {MEDIA_TYPE: {}}}
_LARGEST_ID = 2**31 - 1


def routes(access: Access, lessons: Lessons) -> APIRouter:
    """Return all of them."""
    router = APIRouter(responses=dict.fromkeys((401, 403, 422, 503), _PROBLEM))
    _lessons(router, access.marks, lessons)
    _marks(router, access.marks)
    return router


def _lessons(router: APIRouter, marks: Marks, lessons: Lessons) -> None:
    @router.get("/lessons", responses={200: {"model": m.LessonsOfDay}})
    def of_day(query: Annotated[m.DayQuery, Query()]) -> Response:
        """Return the lessons of a room on a day, by its timetable."""
        return JSONResponse(lessons.day(query.place, query.day))

    @router.get("/lesson", responses={200: {"model": m.LessonAnswer}})
    def lesson(request: Request, query: Annotated[m.LessonQuery, Query()]) -> Response:
        """Return how many people there were, what they showed, what changed and when, and what was not told and why."""
        person = person_of(request)
        found = lessons.lesson(query.place, *query.seconds, device=query.device, names=person.kind != "screen")
        return JSONResponse(found | {"marks": _shown(marks.of(query.place, *query.seconds), person)})

    @router.get("/comparison", responses={200: {"model": m.ComparisonAnswer}})
    def comparison(query: Annotated[m.ComparisonQuery, Query()]) -> Response:
        """Return in what two times of a room differ by more than the error, and in what they do not."""
        return JSONResponse(lessons.compare(query.place, query.seconds, query.other_seconds, query.device))

    @router.get("/heat", responses={200: {"model": m.HeatAnswer}})
    def heat(query: Annotated[m.HeatQuery, Query()]) -> Response:
        """Return averages of the latest weeks by weekday and hour."""
        return JSONResponse(lessons.heat(query.place, query.weeks, query.device))


def _marks(router: APIRouter, marks: Marks) -> None:
    @router.get("/marks", responses={200: {"model": m.MarksAnswer}})
    def of_time(request: Request, query: Annotated[m.MarksQuery, Query()]) -> Response:
        """Return the marks of a room, oldest first."""
        person = person_of(request)
        found = _shown(marks.of(query.place, *query.seconds), person)
        return JSONResponse({"marks": found, "may_mark": person.marks})

    @router.post("/marks", status_code=201, responses={201: {"model": m.MarkAnswer}, 409: _PROBLEM})
    def set_mark(
        request: Request, query: Annotated[m.RoomQuery, Query()], new: Annotated[m.NewMark, Body()]
    ) -> Response:
        """Set a mark in a room."""
        person = person_of(request)
        mark = marks.add(query.place, _seconds(new.at), new.text, person.name)
        if mark is None:
            detail = f"this room has {MOST_OF_A_DAY} marks on that day; delete some"
            raise CodedProblem(409, detail, "too_many_marks")
        return JSONResponse(_shown([mark], person)[0], 201)

    @router.delete("/marks/{mark}", status_code=204, responses={404: _PROBLEM})
    def delete_mark(
        request: Request, mark: Annotated[int, Path(ge=1, le=_LARGEST_ID)], query: Annotated[m.RoomQuery, Query()]
    ) -> Response:
        """Delete an own mark; an administrator deletes any."""
        person = person_of(request)
        found = marks.find(query.place, mark)
        if found is None:
            raise CodedProblem(404, "there is no such mark in this room", "no_such_mark")
        if not _is_own(found, person):
            raise CodedProblem(403, "somebody else set this mark; ask them, or an administrator", "mark_of_others")
        marks.remove(query.place, found, person.name)
        return Response(status_code=204)


def _is_own(mark: Mark, person: Person) -> bool:
    return person.kind == "admin" or (person.marks and mark.by == person.name)


def _shown(marks: list[Mark], person: Person) -> list[dict[str, Any]]:
    hidden = {"by": None} if person.kind == "screen" else {}
    return [mark.described() | hidden | {"mine": _is_own(mark, person)} for mark in marks]


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
