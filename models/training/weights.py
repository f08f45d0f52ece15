"""The float weights of an exported model: what a later generation starts from and learns from."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch

from models.training.dataset import LABELS, VOTES
from models.training.face import FaceHead
from models.training.network import EmotionNet, Size, Stage


class WeightsError(Exception):
    """Weights or a run are not what is needed; the message says what was found and what to do."""


def save_float(network: EmotionNet, face: FaceHead, out: Path) -> None:
    """Write all weights to `out`, an npz, in half precision."""
    weights = {f"network.{k}": v for k, v in network.state_dict().items()}
    weights |= {f"face.{k}": v for k, v in face.state_dict().items()}
    arrays = {k: v.numpy().astype(np.float16) if v.is_floating_point() else v.numpy() for k, v in weights.items()}
    np.savez_compressed(out, size=json.dumps(asdict(network.size)), **arrays)


def load_float(weights: Path | BinaryIO) -> tuple[EmotionNet, FaceHead]:
    """Return the networks of an exported npz, of whatever size, rounded to half precision.

    Raises:
        WeightsError: it does not say its size, as those before generation 7 do not.

    """
    with np.load(weights) as arrays:
        if "size" not in arrays:
            message = f"{weights}: does not say its size; take the weights of commit f3ca302 or a later one"
            raise WeightsError(message)
        built = json.loads(str(arrays["size"]))
        size = Size(tuple(Stage(**stage) for stage in built["stages"]), tuple(built["branch"]))
        network, face = EmotionNet(size), FaceHead(size)
        for prefix, module in (("network.", network), ("face.", face)):
            tensors = {k.removeprefix(prefix): torch.from_numpy(arrays[k]) for k in arrays if k.startswith(prefix)}
            _upgrade(tensors)
            module.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in tensors.items()})
    return network.eval(), face.eval()


def _upgrade(tensors: dict[str, torch.Tensor]) -> None:
    """Keep, of the ten votes that generations up to 7 answer to, those for the seven emotions."""
    for name in ("weight", "bias"):
        if (votes := tensors.pop(f"votes.{name}", None)) is not None:
            tensors[f"viewers.{name}"] = votes[[VOTES.index(label) for label in LABELS]]
