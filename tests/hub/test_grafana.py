"""Grafana's dashboard reads a hub on PostgreSQL as it reads the store of `deploy/observability`."""

from edge.contract.reading import Place
from edge.contract.records import PublishedRecord
from edge.hub.database import Database
from edge.hub.settings import HubSettings
from edge.hub.store import Store
from tests.views.grafana import DASHBOARD, FOLDER, query
from tests.views.postgres import Postgres
from tests.views.published import Device

COLUMNS = (
    "SELECT column_name, format_type(atttypid, atttypmod) FROM information_schema.columns JOIN pg_attribute"
    " ON attrelid = 'emotion_edge.records'::regclass AND attname = column_name"
    " WHERE table_schema = 'emotion_edge' AND table_name = 'records' ORDER BY 1"
)


def empty(postgres: Postgres) -> None:
    postgres.sql("DROP SCHEMA IF EXISTS emotion_edge CASCADE")


def filled(postgres: Postgres, *records: dict[str, object]) -> None:
    """Make a hub's history of records."""
    url = f"postgresql://owner@/postgres?host={postgres.environment['PGHOST']}"
    database = Database(HubSettings.model_validate({"store": {"url": url}}))
    database.upgrade()
    place = Place("north", "pi-1")
    Store(database, 10).write([(place, PublishedRecord.model_validate(record)) for record in records], {})
    database.engine.dispose()


def test_the_records_of_a_hub_have_the_columns_of_the_other_store(postgres: Postgres) -> None:
    empty(postgres)
    postgres.sql((FOLDER / "postgresql" / "schema.sql").read_text())
    expected = postgres.sql(COLUMNS)
    empty(postgres)
    filled(postgres)
    assert postgres.sql(COLUMNS) == expected


def test_every_query_of_the_dashboard_says_the_same_of_both(postgres: Postgres) -> None:
    device = Device("pi-1")
    records = [device.next() for _ in range(30)]
    del records[10:13]
    queries = [each["targets"][0]["rawSql"] for each in DASHBOARD["panels"]]
    queries += [variable["query"] for variable in DASHBOARD["templating"]["list"]]
    sql = [query(each, device.time - 3600, device.time, site=["north"], room=["B12"]) for each in queries]
    empty(postgres)
    filled(postgres, *records)
    said = [postgres.sql(each) for each in sql]
    empty(postgres)
    postgres.sql((FOLDER / "postgresql" / "schema.sql").read_text())
    for record in records:
        text = PublishedRecord.model_validate(record).model_dump_json(by_alias=True)
        postgres.sql(f"INSERT INTO emotion_edge.inbox (value) VALUES ('{text}')")
    assert [postgres.sql(each) for each in sql] == said
    assert all(said)
    empty(postgres)
