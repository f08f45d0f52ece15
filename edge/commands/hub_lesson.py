"""`emotion-edge hub lesson`: a lesson in plain English."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands.hub_accounts import CONFIG, become_owner

if TYPE_CHECKING:
    from edge.hub.lesson.lessons import Lessons
    from edge.hub.store.history import Room

_TIME = click.DateTime(["%H:%M"])


@click.command("lesson")
@CONFIG
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Day, such as 2026-11-26; default: today.")
@click.option("--period", default="", help="Period or title of the timetable, such as 3.")
@click.option("--from", "since", type=_TIME, help="Begin, instead of a period: 09:05, by the timetable's time zone.")
@click.option("--until", type=_TIME, help="End; needs --from.")
@click.option("--device", help="Id of the device whose numbers count; default: the one with the most numbers.")
@click.option("--json", "as_json", is_flag=True, help="Print what the HTTP API answers.")
@click.argument("site")
@click.argument("room")
def lesson(
    config: Path,
    day: datetime | None,
    period: str,
    since: datetime | None,
    until: datetime | None,
    device: str | None,
    as_json: bool,
    site: str,
    room: str,
) -> None:
    """Print what is known of a lesson in a ROOM of a SITE: people, what they showed, what changed and when.

    Without --period and --from it prints the lessons of the day. Counts do not say whether anybody follows a lesson.
    Without a timetable times are those of this machine. The hub may run meanwhile.
    """
    from edge.hub.lesson.sentences import sentences
    from edge.hub.store.history import Room

    if bool(since) != bool(until) or (since and period):
        raise click.UsageError("give --period, or --from with --until")
    lessons, place = _lessons(config), Room(site, room)
    zone = lessons.zone(place)
    date = day or datetime.now(zone)
    if since is not None and until is not None:
        begin, end = (int(datetime.combine(date.date(), each.time(), zone).timestamp()) for each in (since, until))
        end += int(timedelta(days=1).total_seconds()) if end <= begin else 0
    elif period:
        begin, end = _period(lessons, place, date, period)
    else:
        _print_day(lessons, place, date)
        return
    found = lessons.lesson(place, begin, end, device=device)
    lines = [json.dumps(found, indent=1)] if as_json else sentences(found, zone)
    click.echo("\n".join(lines))


def _lessons(config: Path) -> "Lessons":
    """Return the lessons of a hub; its calendars have been read."""
    from edge.hub.lesson.calendars import calendars_of
    from edge.hub.lesson.lessons import Lessons
    from edge.hub.lesson.timetable import Timetables
    from edge.hub.settings import load
    from edge.hub.store.database import Database

    settings = load(config)
    become_owner(settings)  # copies of calendars are written
    database = Database(settings)
    database.check()
    calendars = calendars_of(settings)
    calendars.read_once()
    return Lessons(database, Timetables(settings.timetables, calendars))


def _period(lessons: "Lessons", room: "Room", date: datetime, period: str) -> tuple[int, int]:
    """Return begin and end of a lesson; raise where there is none, or more than one."""
    day = lessons.day(room, date.date())
    wanted = period.casefold()
    found = [each for each in day["lessons"] if wanted in {each["period"].casefold(), each["title"].casefold()}]
    if len(found) != 1:
        how_many = f"{len(found)} lessons" if found else "no lesson"
        problem = f"{room.name} has {how_many} {period!r} on {date.date()}"
        raise click.UsageError(f"{problem}; leave --period out to see the lessons, or give --from and --until")
    begin, end = (int(datetime.fromisoformat(found[0][name]).timestamp()) for name in ("from", "to"))
    return begin, end


def _print_day(lessons: "Lessons", room: "Room", date: datetime) -> None:
    from edge.hub.lesson.sentences import printable, wall

    day = lessons.day(room, date.date())
    if day["problem"]:
        click.echo(day["problem"], err=True)
    if not day["lessons"]:
        problem = f"{room.name} has no lesson on {date.date()}" if day["zone"] else f"{room.name} has no timetable"
        raise click.UsageError(f"{problem}; give --from and --until, or set [[timetables]] in the configuration")
    for each in day["lessons"]:
        times = f"{wall(each['from'], day['zone'])}–{wall(each['to'], day['zone'])}"
        click.echo(f"{times}  {printable(each['period']):<3} {printable(each['title'])}".rstrip())
