"""Would research-only negatives make the face output better? Measured, not shipped."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models.training.candidates import Candidates, Rejection, propose, rejection
from models.training.face import FaceHead, train_face_head
from models.training.loop import CHECKPOINT
from models.training.network import SIZES, EmotionNet
from models.training.weights import WeightsError

_BATCH = 256


def try_negatives(
    faces: NDArray[np.uint8], windows: NDArray[np.uint8], annotated: Path, run: Path, size: str
) -> dict[str, Rejection]:
    """Train the face output with and without the false windows of every other annotated picture.

    Args:
        faces: (N, 48, 48) uint8.
        windows: (M, 48, 48) uint8 that are free to ship.
        annotated: see `propose`.
        run: folder of the training run.
        size: one of `SIZES`.

    Returns:
        For each way, the rejection on clusters of at least two windows of the other pictures, in float.

    """
    state = torch.load(run / CHECKPOINT, weights_only=True)
    if size not in state:
        message = f"{run}: did not train {size}; choose the size that it trained"
        raise WeightsError(message)
    network = EmotionNet(SIZES[size])
    network.load_state_dict(state[size]["average"])
    network.eval()
    raw, merged = propose(annotated, merged=False), propose(annotated, merged=True)
    more = raw.windows[~raw.face & (raw.picture % 2 == 0)]
    held = merged.picture % 2 == 1
    rest = Candidates(merged.windows[held], merged.face[held], merged.neighbors[held], merged.picture[held] // 2)
    ways = {"free": windows, f"free and {len(more)} of the pictures": np.concatenate([windows, more])}
    found = {}
    for number, (name, negatives) in enumerate(ways.items()):
        head = train_face_head(network, SIZES[size], faces, negatives, run / f"{size}-face-trial-{number}.pt")
        found[name] = rejection(_scores(network, head, rest.windows), rest)
    return found


def _scores(network: EmotionNet, head: FaceHead, windows: NDArray[np.uint8]) -> NDArray[np.float64]:
    with torch.no_grad():
        parts = [head(network.features(part.float())) for part in torch.from_numpy(windows)[:, None].split(_BATCH)]
    return torch.cat(parts)[:, 0].double().numpy()
