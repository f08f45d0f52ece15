"""`[door]`: the socket between the two processes."""

from pydantic import Field

from edge.config.section import Section


class Door(Section):
    """The Unix socket between the process that sees and the process that talks."""

    path: str = Field(
        "", description="empty: door.sock in systemd's runtime directory, /run/emotion-edge for root, else the user's"
    )
