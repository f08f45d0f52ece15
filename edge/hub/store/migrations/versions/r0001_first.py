"""The tables of the first release."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
PEOPLE = (
    "people",
    "angry",
    "disgust",
    "fear",
    "happy",
    "sad",
    "surprise",
    "neutral",
    "unsure",
    "other",
    "emotions_error",
)


def upgrade() -> None:
    """Make all of them; a table after those that it refers to."""
    _devices()
    _refused()
    _series()
    _boots()
    _health()
    _intervals()


def _devices() -> None:
    op.create_table(
        "devices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "length(site) BETWEEN 1 AND 64 AND length(device) BETWEEN 1 AND 64", name=op.f("devices_site_has_a_length")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("devices_pkey")),
        sa.UniqueConstraint("site", "device", name=op.f("devices_site_device")),
    )


def _refused() -> None:
    op.create_table(
        "refused",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "reason", name=op.f("refused_pkey")),
    )


def _series() -> None:
    op.create_table(
        "series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("min_group", sa.SmallInteger(), nullable=False),
        sa.Column("max_share", sa.Float(), nullable=False),
        sa.Column("min_cell", sa.Float(), nullable=False),
        sa.CheckConstraint(
            "mode IN ('emotions', 'presence') AND length(model) <= 100", name=op.f("series_mode_is_known")
        ),
        sa.CheckConstraint(
            "length(site) BETWEEN 1 AND 64 AND length(room) BETWEEN 1 AND 64", name=op.f("series_site_has_a_length")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("series_pkey")),
        sa.UniqueConstraint(
            "site",
            "room",
            "mode",
            "model",
            "min_group",
            "max_share",
            "min_cell",
            name=op.f("series_site_room_mode_model_min_group_max_share_min_cell"),
        ),
    )


def _boots() -> None:
    op.create_table(
        "boots",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("boot", sa.Text(), nullable=False),
        sa.CheckConstraint("length(boot) = 8", name=op.f("boots_boot_has_a_length")),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("boots_device_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("boots_pkey")),
        sa.UniqueConstraint("device_id", "boot", name=op.f("boots_device_id_boot")),
    )


def _health() -> None:
    op.create_table(
        "health",
        sa.Column("device_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("time", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("observer", sa.Text(), nullable=False),
        sa.Column("camera", sa.Text(), nullable=True),
        sa.Column("camera_error", sa.Text(), nullable=True),
        sa.Column("paused_by", sa.Text(), nullable=False),
        sa.Column("light", sa.Text(), nullable=True),
        sa.Column("picture", sa.Text(), nullable=True),
        sa.Column("spool", sa.Text(), nullable=False),
        sa.Column("synced", sa.Boolean(), nullable=False),
        sa.Column("backlog", sa.BigInteger(), nullable=False),
        sa.Column("dropped", sa.BigInteger(), nullable=False),
        sa.Column("lost", sa.BigInteger(), nullable=False),
        sa.Column("refused_at_door", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("time BETWEEN 946684800 AND 7258118400", name=op.f("health_time_in_range")),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("health_device_id")),
        sa.PrimaryKeyConstraint("device_id", "time", name=op.f("health_pkey")),
        sqlite_with_rowid=False,
    )


def _intervals() -> None:
    op.create_table(
        "intervals",
        sa.Column("series_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ended", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("boot_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("synced", sa.Boolean(), nullable=False),
        sa.Column("replayed", sa.Boolean(), nullable=False),
        sa.Column("frames_analysed", sa.Integer(), nullable=False),
        sa.Column("frames_expected", sa.Integer(), nullable=False),
        sa.Column("most", sa.SmallInteger(), nullable=True),
        *(sa.Column(name, sa.SmallInteger(), nullable=True) for name in PEOPLE),
        sa.Column("suppressed", sa.Text(), nullable=True),
        sa.Column("observations", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "suppressed IS NULL OR suppressed IN ('above_max_share', 'below_min_cell')"
            f" OR coalesce(most, {', '.join(PEOPLE)}) IS NULL",
            name=op.f("intervals_nothing_of_what_is_withheld"),
        ),
        sa.CheckConstraint(
            "emotions_error IS NULL OR people IS NOT NULL", name=op.f("intervals_no_error_of_what_is_withheld")
        ),
        sa.CheckConstraint("ended BETWEEN 946684800 AND 7258118400", name=op.f("intervals_ended_in_range")),
        sa.CheckConstraint(
            "frames_analysed BETWEEN 0 AND 100000000 AND frames_expected BETWEEN 0 AND 100000000",
            name=op.f("intervals_frames_analysed_in_range"),
        ),
        sa.CheckConstraint("most BETWEEN 0 AND 1000", name=op.f("intervals_most_in_range")),
        sa.CheckConstraint(
            " AND ".join(f"{name} BETWEEN 0 AND 10000" for name in PEOPLE), name=op.f("intervals_people_in_range")
        ),
        sa.CheckConstraint("seconds BETWEEN 1 AND 86400", name=op.f("intervals_seconds_in_range")),
        sa.CheckConstraint("seq BETWEEN 0 AND 9007199254740992", name=op.f("intervals_seq_in_range")),
        sa.ForeignKeyConstraint(["boot_id"], ["boots.id"], name=op.f("intervals_boot_id")),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("intervals_series_id")),
        sa.PrimaryKeyConstraint("series_id", "ended", "boot_id", "seq", name=op.f("intervals_pkey")),
        sa.UniqueConstraint("boot_id", "seq", name=op.f("intervals_boot_id_seq")),
        sqlite_with_rowid=False,
    )
