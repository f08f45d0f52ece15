"""`[door]`: the socket between the two processes."""

from pydantic import Field

from edge.config.section import Section


class Door(Section):
    """The Unix socket between the observer and the publisher."""

    path: str = Field(
        "",
        description="path of the socket; empty: door.sock in the runtime directory of the service, of root "
        "(/run/emotion-edge) or of the user",
    )
