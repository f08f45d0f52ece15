"""What each column of an export means, in which unit, and how wrong its number may be."""

import csv
from pathlib import Path
from typing import Literal, NamedTuple

from edge.contract.records import EMOTIONS
from edge.errors import Unavailable

Kind = Literal["text", "count", "people", "time", "truth"]


class Column(NamedTuple):
    """One column; `kind` is the type of its values in a file that has types."""

    name: str
    kind: Kind
    unit: str
    meaning: str
    error: str


_EXACT = "exact"
_EMOTION_ERROR = (
    "see emotions_error for all emotions together; besides, one whole person is moved to another emotion on purpose, "
    "and a shown emotion is no felt emotion"
)

DICTIONARY = (
    Column("device", "text", "", "id of the device", _EXACT),
    Column("site", "text", "", "site of the device", _EXACT),
    Column("room", "text", "", "room of the device", _EXACT),
    Column("boot", "text", "", "start of the device's observer; device, boot and seq identify a record", _EXACT),
    Column(
        "seq",
        "count",
        "",
        "number of the record within boot; a number that is missing is a record that is missing",
        _EXACT,
    ),
    Column("start", "time", "UTC", "begin of the interval, by the device's clock", "see clock"),
    Column("end", "time", "UTC", "end of the interval, by the device's clock", "see clock"),
    Column("clock", "text", "", "unsynced: the device's clock may be wrong by any time", _EXACT),
    Column("mode", "text", "", "presence: no emotions were inferred", _EXACT),
    Column(
        "frames_analysed",
        "count",
        "frames",
        "frames that were searched for faces",
        "rounded up to quarters of the expected",
    ),
    Column("frames_expected", "count", "frames", "frames that the interval should have", _EXACT),
    Column(
        "faces_mean", "people", "people", "average number of people in view", "people who were not found are missing"
    ),
    Column(
        "faces_max", "count", "people", "largest number of people in one frame", "people who were not found are missing"
    ),
    *(
        Column(name, "people", "people", f"average number of people who showed: {name}", _EMOTION_ERROR)
        for name in EMOTIONS
    ),
    Column(
        "unsure", "people", "people", "average number of people for whom no emotion was probable enough", _EMOTION_ERROR
    ),
    Column(
        "other", "people", "people", "sum of the emotions that are empty because of privacy.min_cell", _EMOTION_ERROR
    ),
    Column("suppressed", "text", "", "why values are empty; empty: nothing is withheld", _EXACT),
    Column("model", "text", "", "model that found the emotions, with the begin of its SHA-256", _EXACT),
    Column("replayed", "truth", "", "true: the record came late", _EXACT),
    Column(
        "emotions_error",
        "people",
        "people",
        "people of faces_mean who may be counted under a wrong emotion, in nine of ten groups of that size; empty: not "
        "known",
        "measured on photographs, not in this room",
    ),
    Column("practice", "truth", "", "true: somebody tried the device out; the record is none of a lesson", _EXACT),
)


def write_dictionary(file: Path) -> None:
    """Write the dictionary as CSV; raise Unavailable where the file cannot be written."""
    try:
        with file.open("w", encoding="utf-8", newline="") as target:
            writer = csv.writer(target, lineterminator="\n")
            writer.writerow(Column._fields)
            writer.writerows(DICTIONARY)
    except OSError as error:
        raise Unavailable(file, f"cannot be written ({error.strerror})", "name a file that can be written") from error
