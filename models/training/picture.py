"""Confusion matrix and reliability diagram of a model."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray

from models.training.dataset import LABELS
from models.training.evaluate import reliability

mpl.use("Agg")
from matplotlib import pyplot as plt


def draw(
    probabilities: NDArray[np.float32], labels: NDArray[np.int64], confusion: Sequence[Sequence[int]], out: Path
) -> None:
    """Write the confusion matrix and the reliability diagram of a model as one PNG to `out`."""
    counts = np.array(confusion, float)
    shares = counts / counts.sum(1, keepdims=True)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.6), dpi=110, layout="constrained")
    left.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(shares.shape):
        colour = "white" if shares[row, column] > 0.5 else "black"  # noqa: PLR2004 - half way up the colour map
        left.text(column, row, f"{100 * shares[row, column]:.0f}", ha="center", va="center", color=colour, fontsize=9)
    left.set(xticks=range(len(LABELS)), yticks=range(len(LABELS)), xlabel="the model says", ylabel="most viewers see")
    left.set_xticklabels(LABELS, rotation=45, ha="right")
    left.set_yticklabels(LABELS)
    left.set_title("of 100 faces in which most viewers see the row's emotion")
    bins = reliability(probabilities, labels)
    right.plot([0, 1], [0, 1], ":", color="grey", label="calibrated")
    confidence, hits, n = zip(*bins, strict=True)
    right.plot(confidence, hits, "o-", color="#0072b2", label="this model")
    right.bar(confidence, np.array(n) / sum(n), width=0.05, color="#0072b2", alpha=0.25, label="share of the faces")
    right.set(xlabel="largest probability", ylabel="share of right answers", xlim=(0, 1), ylim=(0, 1))
    right.set_title("reliability")
    right.grid(alpha=0.3)
    right.legend()
    figure.savefig(out)
    plt.close(figure)
