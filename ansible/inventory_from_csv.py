"""A spreadsheet of devices, saved as CSV, becomes an inventory.

    python3 inventory_from_csv.py devices.csv >school.yml

The first line names the columns, in any order. `host`, `id`, `site` and `room` are needed. Any variable of the role
device may follow (`device_…`), or a key of its configuration: `mode`, or `vision.model`, with a dot. An empty cell is
left out. true, 15, 0.5 and [a, b] are what YAML takes them for, all else is text; "15" in quotes is text, too. The
devices of a site become the group site_NAME. What is the same for all, such as the broker, is in another inventory:
ansible-playbook -i common.yml -i school.yml site.yml
"""

import argparse
import csv
import difflib
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import yaml

NEEDED = ("host", "id", "site", "room")
SPECS = Path(__file__).parent / "roles/device/meta/argument_specs.yml"
_KEY = re.compile(r"(mode|interval_seconds|[a-z_]+\.[a-z_0-9]+)")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_BOOLEAN = re.compile(r"(true|True|TRUE|false|False|FALSE)\Z")
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+\Z")


class Values(yaml.SafeLoader):
    """YAML in which `on`, `no`, `12:30`, `2026-10-03` and `012` are texts; YAML 1.1 has other ideas of each."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}


Values.add_implicit_resolver("tag:yaml.org,2002:bool", _BOOLEAN, list("tTfF"))
Values.add_implicit_resolver("tag:yaml.org,2002:int", _INTEGER, list("-+0123456789"))
Values.add_implicit_resolver("tag:yaml.org,2002:float", _NUMBER, list("-+0123456789"))


def variables() -> dict[str, str]:
    """Return the variables of the role device, each with its type."""
    specs: dict[str, Any] = yaml.safe_load(SPECS.read_text(encoding="utf-8"))
    options: dict[str, Any] = specs["argument_specs"]["main"]["options"]
    return {name: option["type"] for name, option in options.items() if name.startswith("device_")}


def of_columns(columns: list[str], known: list[str]) -> Iterator[str]:
    """Yield what is wrong with the heading; `known` are the columns that are no setting."""
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


def read(text: str) -> object:
    """Return the value of a cell; raises yaml.YAMLError where it begins as a list, a mapping or a quote and is none."""
    if text[0] in "[{\"'":
        return yaml.load(text, Values)  # noqa: S506 - it is a SafeLoader
    loader = Values("")
    return loader.construct_object(yaml.ScalarNode(loader.resolve(yaml.ScalarNode, text, (True, False)), text))


def device(row: dict[str, str], types: dict[str, str]) -> dict[str, Any]:
    """Return the variables of one device; `types` are those of the role's variables."""
    values: dict[str, Any] = {"device_id": row["id"], "device_site": row["site"], "device_room": row["room"]}
    settings: dict[str, Any] = {}
    for name, text in row.items():
        if name in NEEDED or not text:
            continue
        value = text if types.get(name) in ("str", "path") else read(text)
        section, dot, key = name.rpartition(".")
        if name.startswith("device_"):
            values[name] = value
        elif dot:
            settings.setdefault(section, {})[key] = value
        else:
            settings[name] = value
    return values | ({"device_settings": settings} if settings else {})


def of_cells(columns: list[str], cells: list[str]) -> Iterator[str]:
    """Yield why the cells of a line cannot be told apart, or cannot be used as they are."""
    for number, cell in enumerate(cells):
        if cell and cell.splitlines() != [cell]:
            name = columns[number] if number < len(columns) else number + 1
            yield f"column '{name}' has a line break; write it in one line, or close its quote"
            return
    if len(cells) != len(columns):
        yield f"has {len(cells)} cells, and there are {len(columns)} columns"


def group_of(site: str, sites: dict[str, str]) -> tuple[str, list[str]]:
    """Return the group of a site, in letters that Ansible takes, and what is wrong; `sites`: the site of each group."""
    group = "site_" + re.sub(r"\W", "_", site)
    other = sites.setdefault(group, site)
    return group, [] if other == site else [f"sites '{other}' and '{site}' would both be group {group}; rename one"]


def inventory(text: str) -> tuple[dict[str, Any], list[str]]:
    """Return the inventory of a CSV, and every problem with its line; with a problem, the inventory is empty."""
    delimiter = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    csv.field_size_limit(len(text) + 1)  # a quote that nobody closed takes all that follows into one cell
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    columns = [" ".join(name.split()) for name in next(reader, [])]
    types = variables()
    problems = list(of_columns(columns, [*NEEDED, *types]))
    if problems:
        return {}, problems
    groups: dict[str, Any] = {}
    sites: dict[str, str] = {}
    earlier: dict[tuple[str, str], int] = {}
    last = reader.line_num
    for cells in reader:
        line, last = last + 1, reader.line_num
        if not any(cell.strip() for cell in cells):
            continue
        wrong = [f"line {line}: {problem}" for problem in of_cells(columns, cells)]
        if not wrong:
            row = dict(zip(columns, (cell.strip() for cell in cells), strict=True))
            group, shared = group_of(row["site"], sites)
            wrong = [*of_row(line, row, earlier), *(f"line {line}: {problem}" for problem in shared)]
        problems += wrong
        if not wrong:
            try:
                groups.setdefault(group, {"hosts": {}})["hosts"][row["host"]] = device(row, types)
            except yaml.YAMLError as error:
                problems.append(f"line {line}: a cell cannot be read ({' '.join(str(error).split())})")
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
