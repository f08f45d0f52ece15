"""What lies beside a model file: `<name>.json`, as `python -m models.training export` writes it."""

import base64
import json
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from edge.contract.records import MAX_FACES
from edge.errors import UnusableModel

VIEWERS, FACE, LABEL = "viewers", "face", "label"
"""Names of outputs: what most viewers see in a face; whether it is one; FER-2013's label, which is only measured."""

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


Nats = Annotated[float, Field(ge=0, le=4)]


class Calibration(_Part):
    """What the answers were calibrated on; see `edge.counting.prevalence.Reference`."""

    bias: list[Annotated[float, Field(ge=-10, le=10)]] = Seven
    prior: list[Annotated[float, Field(gt=0, lt=1)]] = Seven
    entropy: list[Nats] = Seven
    entropy_squared: list[Nats] = Seven


class SelfTest(_Part):
    """A face, 48x48 grey in base64, and what the model answers to it."""

    face: Annotated[str, AfterValidator(_a_face)]
    viewers: list[Probability] = Seven
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
    """What the daemon needs to know of a model.

    Attributes:
        face_odds: log-odds of a face that are added for each emotion, times its probability, so that no emotion is
            overlooked more often than others; see `models/training/face_odds.py`.
        error_of_groups: None where it was not measured.

    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9.-]{1,40}$")]
    labels: list[str]
    outputs: list[str]
    sha256: str
    calibration: Calibration
    self_test: SelfTest
    face_odds: list[Annotated[float, Field(ge=-10, le=10)]] = Field(
        [0.0] * _CLASSES, min_length=_CLASSES, max_length=_CLASSES
    )
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
        content = path.read_bytes()
        _refuse_old(path, content)
        return Metadata.model_validate_json(content)
    except OSError as error:
        raise UnusableModel(path, f"cannot be read ({error})", "put the model's metadata beside it") from error
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, one['loc'])) or 'the file'}: {one['msg']}" for one in error.errors(include_url=False)
        )
        raise UnusableModel(path, f"is no metadata ({problems})", "take the .json that came with the model") from error


def _refuse_old(path: Path, content: bytes) -> None:
    """Refuse metadata of generations up to 7, whose first output is FER-2013's label.

    Raises:
        UnusableModel: it is of such a model.

    """
    try:
        outputs = json.loads(content).get("outputs", [])
    except (ValueError, AttributeError):
        return  # what else is wrong with it, pydantic says
    if isinstance(outputs, list) and outputs[:1] == ["probabilities of the labels"]:
        problem = "is of a model of the old contract (two outputs, the label first)"
        remedy = "export it again as described in models/README.md, or set vision.model to standard"
        raise UnusableModel(path, problem, remedy)
