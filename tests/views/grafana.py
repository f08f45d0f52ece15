"""The queries of Grafana's dashboard, as Grafana would send them."""

import json
import re
from datetime import UTC, datetime

from tests.conftest import ROOT

FOLDER = ROOT / "deploy" / "observability"
DASHBOARD = json.loads((FOLDER / "grafana" / "dashboards" / "emotion-edge.json").read_text())


def query(sql: str, begin: int, end: int, interval: int = 60, **chosen: list[str]) -> str:
    """Return a panel's query with its macros and variables replaced; `begin` and `end` in seconds since 1970."""
    stamps = [datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for when in (begin, end)]
    sql = re.sub(r"\$__timeFilter\((\w+)\)", rf"\1 BETWEEN '{stamps[0]}' AND '{stamps[1]}'", sql)
    sql = sql.replace("$__timeFrom()", f"'{stamps[0]}'").replace("$__timeTo()", f"'{stamps[1]}'")
    group = rf'floor(extract(epoch from \1)/{interval})*{interval} AS "time"'
    sql = re.sub(r"\$__timeGroupAlias\((\w+), \$__interval\)", group, sql)
    for name, values in chosen.items():
        quoted = ",".join("'" + value.replace("'", "''") + "'" for value in values)
        sql = sql.replace(f"${{{name}:sqlstring}}", quoted)
    assert "$" not in sql
    return sql


def panel(title: str) -> str:
    """Return the query of a panel."""
    (found,) = (panel["targets"][0]["rawSql"] for panel in DASHBOARD["panels"] if panel["title"] == title)
    return str(found)
