"""The base class of every section of the configuration."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A frozen model that refuses unknown keys and checks its defaults."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=False, validate_default=True, hide_input_in_errors=True
    )
