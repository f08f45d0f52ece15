"""The view `device_states`, for Grafana on PostgreSQL, and `gaps` by site: two sites may use a device's id twice."""

from alembic import op

from edge.hub.store.migrations.versions.r0002_records_view import GAPS

revision = "0012"
down_revision = "0011"

_VIEW = """
CREATE VIEW device_states AS SELECT
    devices.site, devices.device, to_timestamp(health.time) AS time,
    lead(to_timestamp(health.time)) OVER (PARTITION BY health.device_id ORDER BY health.time) AS until,
    CASE
        WHEN health.observer = 'silent' THEN 'observer silent'
        WHEN health.camera_error IS NOT NULL THEN 'camera fails'
        WHEN health.paused_by <> '' THEN 'paused'
        WHEN health.picture IS NOT NULL AND health.picture <> 'good' THEN replace(health.picture, '_', ' ')
        ELSE 'well'
    END AS state,
    health.paused_by, health.camera_error, health.light, health.picture, health.spool,
    CASE WHEN health.synced THEN 'synced' ELSE 'unsynced' END AS clock,
    health.backlog, health.dropped, health.lost, health.refused_at_door
FROM health
JOIN devices ON devices.id = health.device_id
"""


def upgrade() -> None:
    """Make the view, and the function anew."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_VIEW)
        by_site = GAPS.replace("PARTITION BY device, boot", "PARTITION BY site, device, boot", 1)
        op.execute(by_site.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1))
