"""What every section of the configuration is."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Frozen, closed to unknown keys, values never coerced between kinds."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, validate_default=True)
