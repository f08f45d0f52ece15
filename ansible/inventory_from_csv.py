"""A spreadsheet of devices, saved as CSV, becomes an inventory.

    python3 inventory_from_csv.py devices.csv >school.yml

The first line names the columns, in any order. `host`, `id`, `site` and `room` are needed. Any variable of the role
device may follow (`device_…`), or a key of its configuration: `mode`, or `vision.model`, with a dot. An empty cell is
left out. The devices of a site become the group site_NAME. What is the same for all, such as the broker, is in another
inventory: ansible-playbook -i common.yml -i school.yml site.yml
"""

import argparse
import csv
import difflib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

NEEDED = ("host", "id", "site", "room")
SPECS = Path(__file__).parent / "roles/device/meta/argument_specs.yml"
_KEY = re.compile(r"(mode|interval_seconds|[a-z_]+\.[a-z_0-9]+)")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def variables() -> list[str]:
    """Return the names of the variables of the role device."""
    specs: dict[str, Any] = yaml.safe_load(SPECS.read_text(encoding="utf-8"))
    return [name for name in specs["argument_specs"]["main"]["options"] if name.startswith("device_")]


def of_columns(columns: list[str]) -> Iterator[str]:
    """Yield what is wrong with the heading."""
    known = [*NEEDED, *variables()]
    for name in columns:
        if name not in known and not _KEY.fullmatch(name):
            near = difflib.get_close_matches(name, known, 1, 0.5)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}, and SECTION.KEY"
            yield f"line 1: column '{name}' is unknown; {hint}"
    yield from (f"line 1: column '{name}' is missing; add it" for name in NEEDED if name not in columns)
    yield from (
        f"line 1: column '{name}' is there twice; remove one"
        for name in sorted(set(columns))
        if columns.count(name) > 1
    )


def of_row(line: int, row: dict[str, str], earlier: dict[tuple[str, str], int]) -> Iterator[str]:
    """Yield what is wrong with one device; `earlier`: in which line a host and an id were used before."""
    for name in NEEDED:
        value = row[name]
        if not value:
            yield f"line {line}: {name} is missing; fill it in"
        elif name in ("id", "site") and not _NAME.fullmatch(value):
            yield f"line {line}: {name} '{value}' is no usable name; use at most 64 letters, digits, '.', '_' and '-'"
        elif name in ("host", "id") and (name, value) in earlier:
            yield f"line {line}: {name} '{value}' is in line {earlier[name, value]}, too; each device needs its own"
        earlier.setdefault((name, value), line)


def device(row: dict[str, str]) -> dict[str, Any]:
    """Return the variables of one device."""
    values: dict[str, Any] = {"device_id": row["id"], "device_site": row["site"], "device_room": row["room"]}
    settings: dict[str, Any] = {}
    for name, text in row.items():
        if name in NEEDED or not text:
            continue
        value = yaml.safe_load(text)  # true, 15 and [a, b] are what YAML takes them for
        section, dot, key = name.rpartition(".")
        if name.startswith("device_"):
            values[name] = value
        elif dot:
            settings.setdefault(section, {})[key] = value
        else:
            settings[name] = value
    return values | ({"device_settings": settings} if settings else {})


def inventory(text: str) -> tuple[dict[str, Any], list[str]]:
    """Return the inventory of a CSV, and every problem with its line; with a problem, the inventory is empty."""
    delimiter = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    reader = csv.reader(text.splitlines(), delimiter=delimiter)
    columns = [name.strip() for name in next(reader, [])]
    problems = list(of_columns(columns))
    if problems:
        return {}, problems
    groups: dict[str, Any] = {}
    earlier: dict[tuple[str, str], int] = {}
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(columns):
            problems.append(f"line {reader.line_num}: has {len(cells)} cells, and there are {len(columns)} columns")
            continue
        row = dict(zip(columns, (cell.strip() for cell in cells), strict=True))
        wrong = list(of_row(reader.line_num, row, earlier))
        problems += wrong
        if not wrong:
            try:
                group = "site_" + re.sub(r"\W", "_", row["site"])  # as Ansible wants names of groups
                groups.setdefault(group, {"hosts": {}})["hosts"][row["host"]] = device(row)
            except yaml.YAMLError as error:
                problems.append(f"line {reader.line_num}: a cell cannot be read ({' '.join(str(error).split())})")
    if not groups and not problems:
        problems.append("there is no device in it; add one line for each")
    return ({} if problems else {"all": {"children": {"devices": {"children": groups}}}}), problems


def main() -> int:
    """Print the inventory; of a CSV with problems, these instead."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    file = parser.parse_args().file
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"{file}: cannot be read ({error}); save it as CSV, in UTF-8\n")
        return 66
    found, problems = inventory(text)
    for problem in problems:
        sys.stderr.write(f"{file}: {problem}\n")
    if problems:
        return 65
    sys.stdout.write("---\n" + yaml.safe_dump(found, allow_unicode=True, sort_keys=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
