"""The view `records` and the function `gaps`, for Grafana on PostgreSQL; release 0.2.0 had a table of that name."""

from alembic import op

revision = "0002"
down_revision = "0001"
PEOPLE = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral", "unsure", "other")


def tenths(name: str) -> str:
    """Return a column of people, with one decimal."""
    return f"(intervals.{name} / 10.0)::numeric(5, 1) AS {name}"


VIEW = f"""
CREATE VIEW records AS SELECT
    devices.device, boots.boot, intervals.seq, series.site, series.room,
    to_timestamp(intervals.ended - intervals.seconds) AS started, to_timestamp(intervals.ended) AS ended,
    intervals.seconds, CASE WHEN intervals.synced THEN 'synced' ELSE 'unsynced' END AS clock, series.mode,
    intervals.frames_analysed, intervals.frames_expected, {tenths("people")}, intervals.most::integer AS most,
    {", ".join(map(tenths, PEOPLE))},
    intervals.suppressed, series.model, intervals.replayed, {tenths("emotions_error")}
FROM intervals
JOIN series ON series.id = intervals.series_id
JOIN boots ON boots.id = intervals.boot_id
JOIN devices ON devices.id = boots.device_id
"""  # noqa: S608 - names of our own columns
GAPS = """
CREATE FUNCTION gaps(since timestamptz, until timestamptz) RETURNS TABLE (
    device text, site text, room text, boot text, last_seen timestamptz, next_seen timestamptz, missing bigint
)
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = emotion_edge, pg_temp AS $$
    SELECT device, site, room, boot, before, ended, seq - previous - 1
    FROM (
        SELECT device, site, room, boot, seq, ended,
            lag(seq) OVER starts AS previous,
            lag(ended) OVER starts AS before
        FROM records
        WHERE ended BETWEEN since AND until
        WINDOW starts AS (PARTITION BY device, boot ORDER BY seq)
    ) AS pairs
    WHERE seq - previous > 1
$$
"""


def upgrade() -> None:
    """Make both."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(VIEW)
        op.execute(GAPS)
