"""`[vision]`: from a frame to people."""

import logging
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from edge.config.section import Section
from edge.config.values import Real, Share, Whole

log = logging.getLogger(__name__)

SHIPPED_MODELS = ("standard", "small")
"""Names of the models that are installed with this package."""


class Vision(Section):
    """Finding faces, following them, classifying them."""

    detector: Literal["haar", "yunet"] = Field(
        "haar", description="haar; or yunet, which finds more faces for less, with a file that you supply"
    )
    yunet_model: str = Field("", description="face_detection_yunet_*.onnx of OpenCV's model zoo")
    yunet_sha256: str = Field(
        "ebafce4e3c118d6554634be5c27ab333b4c047a9a8c3faf1d7cf93101c22f0f0",
        pattern="^[0-9a-f]{64}$",
        description="digest that this file must have; the default is that of 2026may",
    )
    yunet_width: Whole = Field(640, ge=160, le=1920, description="long side in pixels of the picture it searches")
    cascade: str = Field(
        "", description="cascade XML; empty: haarcascade_frontalface_alt2 as OpenCV or Debian ships it"
    )
    model: str = Field(
        "standard",
        min_length=1,
        description="standard; small, for a Pi 3 or Zero 2; or an int8 TFLite file with its .json beside it",
    )
    scan_width: Whole = Field(
        800, ge=160, le=3840, description="long side in pixels of the picture that is searched for faces"
    )
    scale_factor: Real = Field(1.15, ge=1.01, le=2, description="step of the size pyramid")
    min_face: Whole = Field(25, ge=20, le=1000, description="smallest face, pixels in the searched picture")
    ignore: tuple[tuple[Share, Share, Share, Share], ...] = Field(
        (),
        max_length=20,
        description="zones without people (a poster, a screen): [left, top, width, height] each, as shares of the "
        "picture, e.g. [[0.0, 0.0, 0.2, 0.5]]; `emotion-edge aim` shows them",
    )
    presence_neighbors: Whole = Field(
        7, ge=2, le=50, description="in mode presence, where no model judges: overlapping windows that make a face"
    )
    side_faces_every: Whole = Field(
        0,
        ge=0,
        le=50,
        description="every so-manieth search also looks for faces from the side, so that someone who looks away stays "
        "counted, and takes four times as long (haar); 3 is a good number, 0 is never",
    )
    keep_neighbors: Whole = Field(1, ge=1, le=50, description="overlapping windows that are shown to the model at all")
    confirm_neighbors: Whole = Field(
        3, ge=1, le=50, description="overlapping windows that make a person credible; one such sighting is needed"
    )
    confirm_hits: Whole = Field(
        2, ge=1, le=20, description="sightings before a person is counted, then for the first ones too"
    )
    memory_seconds: Real = Field(
        2.5,
        ge=0,
        le=60,
        description="how long someone is remembered whom two looks have missed; a shorter absence is not noticed",
    )
    scan_seconds: Real = Field(
        2.5,
        ge=0,
        le=60,
        description="time between full searches for faces, half of it while someone is new; known faces are looked at "
        "once in between",
    )
    still_seconds: Real = Field(
        15.0, ge=1, le=600, description="the same while nothing moves, and nothing is looked at in between"
    )
    min_face_score: Real = Field(
        0.7, ge=0, le=1, description="what is less sure to be a face by the windows and the model together is none"
    )
    unsure_below: Real = Field(0.4, ge=0, le=1, description="a most probable emotion below this is counted as unsure")
    threads: Whole = Field(1, ge=1, le=8, description="threads of face finding; 1 leaves the other cores to the camera")

    @model_validator(mode="before")
    @classmethod
    def _deprecated(cls, values: Any) -> Any:  # noqa: ANN401 - validators see whatever the file holds
        if isinstance(values, dict) and "memory_scans" in values:
            log.warning("vision.memory_scans has no effect any more; delete it, or set vision.memory_seconds")
            return {key: value for key, value in values.items() if key != "memory_scans"}
        return values

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.keep_neighbors > self.confirm_neighbors:
            msg = "keep_neighbors <= confirm_neighbors must hold"
            raise ValueError(msg)
        return self
