"""What lies beside a model file: `<name>.json`, as `python -m models.training export` writes it."""

import base64
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from edge.contract.records import MAX_FACES
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


class ErrorOfGroups(_Part):
    """How much of a group is counted under a wrong emotion, by the size of the group.

    Attributes:
        people: sizes of groups, ascending.
        share: for each of them the 90th percentile of the share of a group's people that is counted under a wrong
            emotion, 0-1; measured on groups of that size, of natural and of shifted mixes.

    """

    people: list[Annotated[float, Field(ge=1, le=MAX_FACES, allow_inf_nan=False)]] = Field(min_length=1, max_length=100)
    share: list[Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]]

    @model_validator(mode="after")
    def _one_share_for_each_size(self) -> Self:
        if len(self.share) != len(self.people):
            msg = f"has {len(self.people)} sizes of groups and {len(self.share)} shares"
            raise ValueError(msg)
        if any(left >= right for left, right in pairwise(self.people)):
            msg = "has sizes of groups that do not ascend"
            raise ValueError(msg)
        return self


class Metadata(_Part):
    """What the daemon needs to know of a model; `error_of_groups` is None where it was not measured."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9.-]{1,40}$")]
    labels: list[str]
    sha256: str
    calibration: Calibration
    self_test: SelfTest
    error_of_groups: ErrorOfGroups | None = None

    @property
    def model_name(self) -> str:
        """The model as records name it: with the beginning of its digest."""
        return f"{self.name} (sha256 {self.sha256[:12]})"


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
