"""From a finished training run to the files that ship: int8 model, metadata, float weights."""

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from edge.vision.crops import crop_faces
from edge.vision.photometry import stretch
from models.training.calibrate import fit
from models.training.candidates import CASCADE
from models.training.dataset import LABELS, Split, plurality_of
from models.training.evaluate import evaluate, natural_figures
from models.training.face import FaceHead, Known, train_face_head
from models.training.graph import Graph
from models.training.groups import SIZES as GROUPS
from models.training.groups import Faces, coverage, covering_errors, fitted_on_others, reference_of
from models.training.loop import HISTORY, as_tensors
from models.training.model_file import answer
from models.training.natural import NaturalFaces, halves
from models.training.network import SIZES, EmotionNet
from models.training.quantise import multiply_accumulates, to_int8
from models.training.recipe import FACE_ODDS, GENERATION, RECIPE, SHIPPED
from models.training.targets import viewers_shares
from models.training.train import shipped
from models.training.weights import save_float

_PINNED = Path("edge/model/shipped.py")

OUTPUTS = ("viewers", "face", "label")
"""What most viewers see, whether it is a face, FER-2013's label; in this order."""


@dataclass(frozen=True)
class Material:
    """What both sizes are made of.

    Attributes:
        splits: as `dataset.load` returns them.
        natural: other people's faces; with those of PublicTest they say how wrong the count of a group may be.
        windows: (M, 48, 48) uint8, none of them a face.
        example: picture with a face, free to ship: its first face becomes the self-test of the daemon.
        runs: folder of the training runs.

    """

    splits: dict[str, Split]
    natural: NaturalFaces
    windows: NDArray[np.uint8]
    example: Path
    runs: Path


def export(material: Material, size: str, out: Path) -> None:
    """Train the face output, quantise, calibrate, and write `<size>.tflite`, `.json` and `.npz` to the folder `out`."""
    train, public = material.splits["train"], material.splits["public"]
    file = out / f"{size}.tflite"
    network, face, story = _trained(material, size)
    voted, truth = plurality_of(public.votes)
    truth = truth[voted]
    to_int8(Graph(network, face), train.images, material.windows, file)
    temperature = fit(answer(file, public.images[voted]).viewers, truth).temperature
    unseen = np.empty((len(material.natural.images), len(LABELS)))
    for half, other in _of_other_halves(material, size):
        to_int8(Graph(other, face, temperature), train.images, material.windows, file)
        unseen[half] = answer(file, material.natural.images[half]).viewers
    graph = Graph(network, face, temperature)
    to_int8(graph, train.images, material.windows, file)
    file.chmod(0o644)
    probabilities = answer(file, public.images[voted]).viewers
    reference = reference_of(probabilities, truth)
    natural = Faces(unseen, material.natural.emotion, reference)
    kinds = [(fitted_on_others(probabilities, truth), mixes) for mixes in ("own", "shifted")] + [(natural, "own")]
    figures = evaluate(partial(answer, file), public)
    metadata: dict[str, Any] = {
        "name": f"emotion-edge-{size}-{GENERATION}",
        "labels": list(LABELS),
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "input": "one 48x48 grey face; the real value of the int8 tensor is the pixel 0-255",
        "outputs": list(OUTPUTS),
        "mega_multiply_accumulates": round(multiply_accumulates(graph) / 1e6, 1),
        "parameters": _parameters(network) + _parameters(face),
        "calibration": {
            "temperature_in_the_graph": round(temperature, 4),
            **{name: [round(float(v), 4) for v in values] for name, values in vars(reference).items()},
            "fitted_on": f"PublicTest, what most viewers see, {len(truth)} rows",
        },
        "face_odds": [FACE_ODDS[size][label != "sad"] for label in LABELS],
        "error_of_groups": {
            "people": list(GROUPS),
            "share": covering_errors(kinds),
            "covered_on_other_faces": {str(people): coverage(kinds, people) for people in (10, 25)},
            "measured_on": "PublicTest in its own and in shifted mixes, and natural faces: the worst of the three",
        },
        "self_test": _self_test(file, material.example),
        "training": story,
        "code": _code(),
        "public_int8": asdict(figures),
        "natural_int8": asdict(natural_figures(natural))
        | {"measured_on": "each half of the natural faces, by a network that learned from the other half"},
    }
    file.with_suffix(".json").write_text(json.dumps(metadata, indent=1) + "\n")
    save_float(network, face, file.with_suffix(".npz"))


def pin(sizes: Iterable[str], out: Path) -> None:
    """Write the digests of exported models into the daemon's code, which loads no other file under their names."""
    text = _PINNED.read_text()
    for size in sizes:
        digest = hashlib.sha256((out / f"{size}.tflite").read_bytes()).hexdigest()
        text = re.sub(rf'"{size}": "\w+"', f'"{size}": "{digest}"', text)
    _PINNED.write_text(text)


def _trained(material: Material, size: str) -> tuple[EmotionNet, FaceHead, dict[str, Any]]:
    """Return the networks of the size's last run, and how they were trained."""
    name = SHIPPED[size]
    run = material.runs / name
    train = material.splits["train"]
    history = json.loads((run / HISTORY).read_text())
    network = _shipped(material, name)
    known = Known(train.images, viewers_shares(train.votes).argmax(1))
    face = train_face_head(network, SIZES[size], known, material.windows, run / f"{size}-face.pt")
    return (
        network,
        face,
        {
            "run": name,
            "epochs": len(history),
            "rows": len(train.labels),
            "data": hashlib.sha256(train.images.tobytes()).hexdigest(),
            "windows_without_a_face": len(material.windows),
        },
    )


def _of_other_halves(material: Material, size: str) -> list[tuple[NDArray[np.bool_], EmotionNet]]:
    """Return each half of the natural faces with a network of the size that never saw it."""
    runs = [run for run in RECIPE if run.size == size and run.half is not None]
    masks = halves(len(material.natural.images))
    return [(~masks[run.half], _shipped(material, run.name)) for run in runs if run.half is not None]


def _shipped(material: Material, name: str) -> EmotionNet:
    run = next(run for run in RECIPE if run.name == name)
    return shipped(run, material.runs, as_tensors(material.splits["train"])[0])


def _parameters(module: torch.nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def _self_test(model: Path, example: Path) -> dict[str, Any]:
    """Return a face and what this very model says of it, for the daemon to try at its start."""
    grey = cv2.imread(str(example), cv2.IMREAD_GRAYSCALE)
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + CASCADE)
    largest = max(cascade.detectMultiScale(grey, 1.1, 5), key=lambda box: int(box[2]))
    face = stretch(crop_faces(grey.astype(np.uint8), largest[None]))[0]
    said = answer(model, face[None])
    assert said.face is not None
    return {
        "face": base64.b64encode(face.tobytes()).decode(),
        "viewers": [round(float(value), 4) for value in said.viewers[0]],
        "is_face": round(float(said.face[0]), 4),
        "source": example.name,
    }


def _code() -> str:
    """Return a digest of the code that trains and exports."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()
