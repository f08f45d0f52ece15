"""The facts of a lesson in plain English, for a terminal."""

import unicodedata
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

_REASONS = {
    "paused": "the device was paused",
    "below_min_group": "there were too few people",
    "above_max_share": "nearly all showed the same, so only a bound was published",
    "below_min_cell": "too few people showed an emotion",
    "not_observed": "the camera could not see whether anybody was there",
    "missing": "records are missing: they were lost, or are still on their way",
    "off": "the device was off",
    "silent": "there are no records",
}
_SOURCES = {"remote": "by a command", "schedule": "by its schedule", "button": "by its button"}
_SHOWN = {
    "people": "people in view",
    "smiling": "smiling",
    "neutral": "neutral",
    "other": "with another emotion",
    "unsure": "unsure",
}
_PLAIN = {
    "no_emotions": "No emotions were published.",
    "no_change": "No change was found that is larger than its error.",
    "no_change_people": "The number of people did not change by more than its error. There are too few numbers to "
    "tell whether what they showed changed.",
    "no_change_shown": "No change of what faces show was found that is larger than its error.",
    "too_short": "There are too few numbers to look for changes.",
    "not_begun": "It has not begun yet.",
}
_WITH_PEOPLE = "The number of people changed, too: the share of all changed by no more than the error."
_MINUTE = 60
CAUTION = "Counts say what faces show and how many there are. They do not say whether anybody follows the lesson."


def sentences(lesson: dict[str, Any], zone: ZoneInfo) -> list[str]:
    """Return the lines of a lesson, as `Lessons.lesson` returns it; times are of a time zone."""
    day = datetime.fromisoformat(lesson["from"]).astimezone(zone)
    span = f"{wall(lesson['from'], zone.key)}–{wall(lesson['to'], zone.key)}"
    lines = [
        f"{printable(lesson['site'])} {printable(lesson['room'])}, {day:%Y-%m-%d} {span} ({zone.key}){_name(lesson)}"
    ]
    if lesson["device"] is None:
        return [*lines, "There are no records of this time.", CAUTION]
    lines.append(f"{_minutes(lesson['told'])} of {_minutes(lesson['seconds'])} minutes have a number of people.")
    if lesson["other_devices"]:
        others = ", ".join(map(printable, lesson["other_devices"]))
        lines.append(f"The numbers are those of {printable(lesson['device'])}; {others} had records, too.")
    first = {"people", "share", "no_emotions", "untold"}
    lines += [_fact(fact, zone) for fact in lesson["facts"] if fact["code"] in first]
    lines += [_change(change, zone) for change in lesson["changes"]]
    lines += [_fact(fact, zone) for fact in lesson["facts"] if fact["code"] not in first]
    return [*lines, CAUTION]


def printable(text: str) -> str:
    """Return a text that does nothing to a terminal."""
    return "".join(each if unicodedata.category(each)[0] != "C" else "\N{REPLACEMENT CHARACTER}" for each in text)


def wall(time: str, zone: str) -> str:
    """Return a time by the wall clock of a zone."""
    return f"{datetime.fromisoformat(time).astimezone(ZoneInfo(zone)):%H:%M}"


def _name(lesson: dict[str, Any]) -> str:
    if lesson["lesson"] is None:
        return ""
    names = [printable(lesson["lesson"][key]) for key in ("period", "title")]
    return ": " + " ".join(filter(None, names))


def _minutes(seconds: int) -> str:
    return f"{seconds / _MINUTE:.0f}"


def _fact(fact: dict[str, Any], zone: ZoneInfo) -> str:
    match fact["code"]:
        case "people":
            return _people(fact)
        case "share":
            return _share(fact)
        case "untold":
            return _untold(fact, zone)
        case "usual":
            return _usual(fact)
        case "as_usual":
            return _as_usual(fact)
    return _PLAIN[fact["code"]]


def _people(fact: dict[str, Any]) -> str:
    most = "" if fact["most"] is None else f"; at most {fact['most']} at once"
    return f"{fact['mean']:.1f} people on average; most of the time {fact['low']:.1f} to {fact['high']:.1f}{most}."


def _share(fact: dict[str, Any]) -> str:
    error = "the error is not known" if fact["error"] is None else f"± {fact['error']:.1f}"
    share = "" if fact["share"] is None else f", {100 * fact['share']:.0f} %"
    return f"{_SHOWN[fact['group']]}: {fact['people']:.1f} people{share} ({error})".capitalize() + "."


def _untold(fact: dict[str, Any], zone: ZoneInfo) -> str:
    by = " and ".join(_SOURCES.get(each, each) for each in fact["by"])
    who = f" of {printable(fact['who'])}" if fact["who"] else ""
    spans = ", ".join(f"{wall(each['from'], zone.key)}–{wall(each['to'], zone.key)}" for each in fact["spans"])
    minutes = f"{fact['seconds'] / _MINUTE:.1f} minutes"
    return f"Without all numbers: {minutes} ({spans}): {_REASONS[fact['reason']]}" + f" {by}{who}".rstrip() + "."


def _change(change: dict[str, Any], zone: ZoneInfo) -> str:
    return _moved(change, zone) + (" " + _WITH_PEOPLE if change["with_people"] else "")


def _moved(change: dict[str, Any], zone: ZoneInfo) -> str:
    if change["gradual"]:
        way = "rose" if change["difference"] > 0 else "fell"
        span = f"{wall(change['earliest'], zone.key)}–{wall(change['latest'], zone.key)}"
        return f"{span}, {_SHOWN[change['group']]}: the number {way}; it was not steady for long enough to say more."
    more = "more" if change["difference"] > 0 else "fewer"
    amount = f"{abs(change['difference']):.1f} ± {change['error']:.1f} {more}"
    levels = f"from {change['before']:.1f} to {change['after']:.1f}"
    return f"{wall(change['at'], zone.key)}: {amount} {_SHOWN[change['group']]} ({levels})."


def _usual(fact: dict[str, Any]) -> str:
    percent = fact["unit"] == "share"
    value, median, error = (fact[name] * (100 if percent else 1) for name in ("value", "median", "error"))
    unit = " %" if percent else ""
    more = "More" if fact["direction"] == "above" else "Fewer"
    numbers = f"{value:.1f}{unit}, usually {median:.1f}{unit} ± {error:.1f}"
    return f"{more} {_SHOWN[fact['group']]} than usual: {numbers} ({fact['lessons']} lessons of former weeks)."


def _as_usual(fact: dict[str, Any]) -> str:
    groups = [
        f"{_SHOWN[each['group']]} {_value(each, 'value')} ± {_value(each, 'error')} ({_value(each, 'median')})"
        for each in fact["groups"]
    ]
    lessons = f"in brackets the median of {fact['lessons']} lessons of former weeks"
    return f"No difference from what is usual that is larger than its error; {lessons}: {', '.join(groups)}."


def _value(numbers: dict[str, Any], name: str) -> str:
    return f"{100 * numbers[name]:.0f} %" if numbers["unit"] == "share" else f"{numbers[name]:.1f}"
