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
from models.training.face import train_face_head
from models.training.loop import CHECKPOINT, as_tensors, predict
from models.training.model_file import answer
from models.training.network import SIZES, EmotionNet
from models.training.norms import settle_norms
from models.training.quantise import Shipped, multiply_accumulates, to_int8
from models.training.weights import save_float

VERSION = 6


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
    """Train the face output, quantise, calibrate, and write `<size>.tflite`, `.json` and `.npz` to the folder `out`."""
    splits, windows, run = material.splits, material.windows, material.run
    state = torch.load(run / CHECKPOINT, weights_only=True)
    network = EmotionNet(SIZES[size])
    network.load_state_dict(state[size]["average"])
    train, public = splits["train"], splits["public"]
    settle_norms(network, as_tensors(train)[0])
    face = train_face_head(network, SIZES[size], train.images, windows, run / f"{size}-face.pt")
    file = out / f"{size}.tflite"
    to_int8(Shipped(network, face), train.images, windows, file)
    temperature = fit(answer(file, public.images).probabilities, public.labels).temperature
    shipped = Shipped(network, face, temperature)
    to_int8(shipped, train.images, windows, file)
    file.chmod(0o644)
    answers = answer(file, public.images)
    bias = fit(answers.probabilities, public.labels, temperature=False).bias
    figures = evaluate(answers.probabilities, public)
    in_float = predict(network, public)
    metadata: dict[str, Any] = {
        "name": f"emotion-edge-{size}-{VERSION}",
        "labels": list(LABELS),
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "input": "one 48x48 grey face; the real value of the int8 tensor is the pixel 0-255",
        "outputs": ["probabilities of the labels", "probability that the window shows a face"],
        "mega_multiply_accumulates": round(multiply_accumulates(shipped) / 1e6, 1),
        "parameters": sum(p.numel() for p in shipped.parameters()) - sum(p.numel() for p in network.votes.parameters()),
        "calibration": {
            "temperature_in_the_graph": round(temperature, 4),
            "bias": [round(float(value), 4) for value in bias],
            "prior": [round(float(value), 4) for value in np.bincount(public.labels) / len(public.labels)],
            "fitted_on": f"PublicTest, {len(public.labels)} rows",
        },
        "self_test": _self_test(file, material.example),
        "training": {
            "epochs": len(state["history"]),
            "seconds": round(sum(row["seconds"] for row in state["history"])),
            "rows": len(train.labels),
            "data": hashlib.sha256(train.images.tobytes()).hexdigest(),
            "code": _code(),
            "windows_without_a_face": len(windows),
        },
        "public_float": asdict(accuracy(in_float.argmax(1) == public.labels)),
        "public_int8": asdict(figures),
    }
    file.with_suffix(".json").write_text(json.dumps(metadata, indent=1) + "\n")
    save_float(network, face, file.with_suffix(".npz"))


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
