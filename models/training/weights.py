"""The float weights of an exported model: what a later generation starts from and learns from."""

from pathlib import Path

import numpy as np
import torch

from models.training.face import FaceHead
from models.training.network import SIZES, EmotionNet


def save_float(network: EmotionNet, face: FaceHead, out: Path) -> None:
    """Write all weights to `out`, an npz, in half precision."""
    weights = {f"network.{k}": v for k, v in network.state_dict().items()}
    weights |= {f"face.{k}": v for k, v in face.state_dict().items()}
    arrays = {k: v.numpy().astype(np.float16) if v.is_floating_point() else v.numpy() for k, v in weights.items()}
    np.savez_compressed(out, **arrays)


def load_float(weights: Path, size: str) -> tuple[EmotionNet, FaceHead]:
    """Return the networks of an exported npz, rounded to half precision."""
    network, face = EmotionNet(SIZES[size]), FaceHead(SIZES[size])
    with np.load(weights) as arrays:
        for prefix, module in (("network.", network), ("face.", face)):
            tensors = {k.removeprefix(prefix): torch.from_numpy(arrays[k]) for k in arrays if k.startswith(prefix)}
            module.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in tensors.items()})
    return network.eval(), face.eval()
