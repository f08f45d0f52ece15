"""`emotion-edge count`: the faces that the daemon would find on single pictures."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from edge.camera.errors import CameraError
from edge.camera.sources.picture import read_luma
from edge.config import Settings
from edge.contract.records import EMOTIONS
from edge.errors import EX_NOINPUT
from edge.tools.outlines import svg
from edge.vision.pipeline import Face, Pipeline


def count(pictures: Sequence[Path], settings: Settings, draw: Path | None, *, as_json: bool) -> int:
    """Print the faces of every picture; continue after one that cannot be read; return the exit code."""
    pipeline = Pipeline(settings.vision, settings.mode)
    code = 0
    for picture in pictures:
        try:
            luma = read_luma(picture)
        except CameraError as error:
            print(f"emotion-edge: {error}", file=sys.stderr)
            code = EX_NOINPUT
            continue
        faces = pipeline.examine(luma)
        height, width = luma.shape
        print(_json(picture, width, height, faces) if as_json else _text(picture, faces), flush=True)
        if draw is not None:
            draw.mkdir(parents=True, exist_ok=True)
            (draw / f"{picture.name}.svg").write_text(
                svg(picture.resolve(), width, height, faces), encoding="utf-8", errors="replace"
            )
    return code


def _json(picture: Path, width: int, height: int, faces: Sequence[Face]) -> str:
    return json.dumps(
        {
            "file": str(picture),
            "width": width,
            "height": height,
            "faces": [
                {
                    "box": list(face.box),
                    "face": round(face.score, 4),
                    "emotion": face.emotion or None,
                    "probabilities": {
                        name: round(p, 4) for name, p in zip(EMOTIONS, map(float, face.probabilities), strict=False)
                    },
                }
                for face in faces
            ],
        }
    )


def _text(picture: Path, faces: Sequence[Face]) -> str:
    lines = [f"{picture}: {len(faces)} face{'' if len(faces) == 1 else 's'}"]
    if faces:
        lines.append(
            f"  {'pixels':<13}{'at':<13}{'face':<7}{'emotion and its probability' * bool(faces[0].emotion)}".rstrip()
        )
    for face in faces:
        x, y, w, h = face.box
        label = face.label if face.emotion else ""
        lines.append(f"  {f'{w} x {h}':<13}{f'{x},{y}':<13}{face.score:<7.2f}{label}".rstrip())
    return "\n".join(lines)
