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
    """Face detection, tracking and classification."""

    detector: Literal["haar", "yunet"] = Field(
        "haar", description="face detector; yunet finds more faces in less time but needs a file that you supply"
    )
    yunet_model: str = Field("", description="path of face_detection_yunet_*.onnx from the OpenCV model zoo")
    yunet_sha256: str = Field(
        "ebafce4e3c118d6554634be5c27ab333b4c047a9a8c3faf1d7cf93101c22f0f0",
        pattern="^[0-9a-f]{64}$",
        description="SHA-256 of yunet_model; the default is that of the file 2026may",
    )
    yunet_width: Whole = Field(
        640, ge=160, le=1920, description="long side in pixels of the picture that YuNet searches"
    )
    cascade: str = Field(
        "", description="path of a cascade XML file; empty: haarcascade_frontalface_alt2 of OpenCV or Debian"
    )
    model: str = Field(
        "standard",
        min_length=1,
        description="standard, small (less accurate; a Zero 2 W, 3 or Compute Module 3 uses it where the configuration "
        "sets none), or the path of an int8 TFLite file with a .json beside it",
    )
    scan_width: Whole = Field(
        800, ge=160, le=3840, description="long side in pixels of the picture in which faces are searched"
    )
    scale_factor: Real = Field(
        1.15,
        ge=1.01,
        le=2,
        description="scale factor between two levels of the image pyramid; a Zero 2 W, 3 or Compute Module 3 uses 1.2 "
        "where the configuration sets none",
    )
    min_face: Whole = Field(25, ge=20, le=1000, description="minimum size of a face in pixels of the searched picture")
    ignore: tuple[tuple[Share, Share, Share, Share], ...] = Field(
        (),
        max_length=20,
        description="zones in which faces are not counted (posters, screens), each [left, top, width, height] as "
        "shares of the picture, e.g. [[0.0, 0.0, 0.2, 0.5]]; `emotion-edge aim` shows them",
    )
    presence_neighbors: Whole = Field(
        7, ge=2, le=50, description="minimum number of overlapping windows that make a face in presence mode"
    )
    side_faces_every: Whole = Field(
        0,
        ge=0,
        le=50,
        description="run the profile cascade on every Nth search, so that people who look away stay counted; 0: never, "
        "3: a good value. Such a search takes four times as long (haar only)",
    )
    keep_neighbors: Whole = Field(
        1, ge=1, le=50, description="minimum number of overlapping windows that the model classifies"
    )
    confirm_neighbors: Whole = Field(
        3,
        ge=1,
        le=50,
        description="minimum number of overlapping windows that confirm a person; one such detection is needed",
    )
    confirm_hits: Whole = Field(
        2, ge=1, le=20, description="detections that are needed before a person counts; the first ones then count too"
    )
    memory_seconds: Real = Field(
        2.5,
        ge=0,
        le=60,
        description="seconds that a person is remembered after two looks that missed them",
    )
    scan_seconds: Real = Field(
        2.5,
        ge=0,
        le=60,
        description="seconds between two searches of the same place while something moves there, half of it while a "
        "person is new, twice that around a known face of which the model is sure; known faces are examined in between",
    )
    still_seconds: Real = Field(
        15.0,
        ge=1,
        le=600,
        description="seconds between two searches of each part of the picture that has changed too little to be "
        "searched before; what has not changed at all is searched in every fourth turn",
    )
    min_face_score: Real = Field(0.5, ge=0, le=1, description="minimum combined face probability (cascade and model)")
    unsure_below: Real = Field(
        0.4,
        ge=0,
        le=1,
        description="minimum probability of the most probable emotion; below it the person counts as unsure",
    )
    threads: Whole = Field(
        1, ge=1, le=8, description="threads for face detection; 1 leaves the other cores to the camera"
    )

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
