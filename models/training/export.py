"""From a finished training run to the files that ship: int8 model, metadata, float weights."""

import base64
import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from models.training.boxes import cut
from models.training.calibrate import fit
from models.training.candidates import CASCADE
from models.training.dataset import LABELS, Split
from models.training.evaluate import accuracy, evaluate
from models.training.face import FaceHead, train_face_head
from models.training.graph import Graph
from models.training.loop import CHECKPOINT, as_tensors, predict
from models.training.model_file import answer
from models.training.network import SIZES, EmotionNet
from models.training.norms import settle_norms
from models.training.quantise import multiply_accumulates, to_int8
from models.training.weights import WeightsError, load_float, save_float

GENERATIONS = {"standard": 7, "small": 6}


@dataclass(frozen=True)
class Material:
    """What both sizes are made of.

    Attributes:
        splits: as `dataset.load` returns them.
        windows: (M, 48, 48) uint8, none of them a face.
        example: picture with a face, free to ship: its first face becomes the self-test of the daemon.
        run: folder of the training run.

    """

    splits: dict[str, Split]
    windows: NDArray[np.uint8]
    example: Path
    run: Path


def export(material: Material, size: str, out: Path) -> None:
    """Train the face output, quantise, calibrate, and write `<size>.tflite`, `.json` and `.npz` to the folder `out`.

    Of a size that the run did not train, the weights and the story of their training are those in `out`.

    Raises:
        WeightsError: there are none.

    """
    splits, windows = material.splits, material.windows
    train, public = splits["train"], splits["public"]
    file = out / f"{size}.tflite"
    network, face, story = _trained(material, size) or _shipped_before(file)
    to_int8(Graph(network, face), train.images, windows, file)
    temperature = fit(answer(file, public.images).probabilities, public.labels).temperature
    graph = Graph(network, face, temperature)
    to_int8(graph, train.images, windows, file)
    file.chmod(0o644)
    answers = answer(file, public.images)
    bias = fit(answers.probabilities, public.labels, temperature=False).bias
    figures = evaluate(answers.probabilities, public)
    in_float = predict(network, public)
    metadata: dict[str, Any] = {
        "name": f"emotion-edge-{size}-{GENERATIONS[size]}",
        "labels": list(LABELS),
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "input": "one 48x48 grey face; the real value of the int8 tensor is the pixel 0-255",
        "outputs": ["probabilities of the labels", "probability that the window shows a face"],
        "mega_multiply_accumulates": round(multiply_accumulates(graph) / 1e6, 1),
        "parameters": _parameters(network) + _parameters(face) - _parameters(network.votes),
        "calibration": {
            "temperature_in_the_graph": round(temperature, 4),
            "bias": [round(float(value), 4) for value in bias],
            "prior": [round(float(value), 4) for value in np.bincount(public.labels) / len(public.labels)],
            "fitted_on": f"PublicTest, {len(public.labels)} rows",
        },
        "self_test": _self_test(file, material.example),
        "training": story,
        "code": _code(),
        "public_float": asdict(accuracy(in_float.argmax(1) == public.labels)),
        "public_int8": asdict(figures),
    }
    file.with_suffix(".json").write_text(json.dumps(metadata, indent=1) + "\n")
    save_float(network, face, file.with_suffix(".npz"))


def _trained(material: Material, size: str) -> tuple[EmotionNet, FaceHead, dict[str, Any]] | None:
    """Return what the run made of `size`, if anything, and how."""
    state = torch.load(material.run / CHECKPOINT, weights_only=True)
    if size not in state:
        return None
    train = material.splits["train"]
    network = EmotionNet(SIZES[size])
    network.load_state_dict(state[size]["average"])
    settle_norms(network, as_tensors(train)[0])
    face = train_face_head(network, SIZES[size], train.images, material.windows, material.run / f"{size}-face.pt")
    return (
        network,
        face,
        {
            "epochs": len(state["history"]),
            "seconds": round(sum(row["seconds"] for row in state["history"])),
            "rows": len(train.labels),
            "data": hashlib.sha256(train.images.tobytes()).hexdigest(),
            "windows_without_a_face": len(material.windows),
        },
    )


def _shipped_before(file: Path) -> tuple[EmotionNet, FaceHead, dict[str, Any]]:
    weights, metadata = file.with_suffix(".npz"), file.with_suffix(".json")
    for needed in (weights, metadata):
        if not needed.exists():
            message = f"{needed}: no such file, and the run did not train it; train it, or export to where it lies"
            raise WeightsError(message)
    network, face = load_float(weights)
    return network, face, json.loads(metadata.read_text())["training"]


def _parameters(module: torch.nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def _self_test(model: Path, example: Path) -> dict[str, Any]:
    """Return a face and what this very model says of it, for the daemon to try at its start."""
    grey = cv2.imread(str(example), cv2.IMREAD_GRAYSCALE)
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + CASCADE)
    face = cut(grey.astype(np.uint8), max(cascade.detectMultiScale(grey, 1.1, 5), key=lambda box: int(box[2])))
    said = answer(model, face[None])
    assert said.face is not None
    return {
        "face": base64.b64encode(face.tobytes()).decode(),
        "probabilities": [round(float(value), 4) for value in said.probabilities[0]],
        "is_face": round(float(said.face[0]), 4),
        "source": example.name,
    }


def _code() -> str:
    """Return a digest of the code that trains and exports."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()
