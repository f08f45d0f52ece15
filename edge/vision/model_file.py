"""What lies beside a model file: `<name>.json`, as `python -m models.training export` writes it."""

import base64
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from edge.errors import UnusableModel

_PIXELS = 48 * 48
_CLASSES = 7

Probability = Annotated[float, Field(ge=0, le=1.01, allow_inf_nan=False)]  # an int8 probability may round above one
Seven = Field(min_length=_CLASSES, max_length=_CLASSES)


def _a_face(text: str) -> str:
    if len(base64.b64decode(text, validate=True)) != _PIXELS:
        msg = f"is not {_PIXELS} pixels in base64"
        raise ValueError(msg)
    return text


class _Part(BaseModel):
    """Frozen; what the daemon does not need is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Calibration(_Part):
    """Biases in logits, and the mix of emotions under which the probabilities hold."""

    bias: list[Annotated[float, Field(ge=-10, le=10)]] = Seven
    prior: list[Annotated[float, Field(gt=0, lt=1)]] = Seven


class SelfTest(_Part):
    """A face, 48x48 grey in base64, and what the model says of it."""

    face: Annotated[str, AfterValidator(_a_face)]
    probabilities: list[Probability] = Seven
    is_face: Probability


class Metadata(_Part):
    """What the daemon needs to know of a model."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9.-]{1,40}$")]
    labels: list[str]
    sha256: str
    calibration: Calibration
    self_test: SelfTest


def read_metadata(model: Path) -> Metadata:
    """Read the .json beside a model.

    Raises:
        UnusableModel: it is missing, or lacks something; the message names what.

    """
    path = model.with_suffix(".json")
    try:
        return Metadata.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UnusableModel(path, f"cannot be read ({error})", "put the model's metadata beside it") from error
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, one['loc'])) or 'the file'}: {one['msg']}" for one in error.errors(include_url=False)
        )
        raise UnusableModel(path, f"is no metadata ({problems})", "take the .json that came with the model") from error
