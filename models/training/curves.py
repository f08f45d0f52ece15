"""The course of a training run as a picture."""

from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt

from models.training.network import SIZES


def draw(history: list[dict[str, float]], out: Path) -> None:
    """Write accuracy per epoch, on augmented training faces and on clean PublicTest, as PNG to `out`."""
    figure, axes = plt.subplots(figsize=(7, 4), dpi=120, layout="constrained")
    epochs = [row["epoch"] for row in history]
    for size, colour in zip(SIZES, ("#0072b2", "#d55e00"), strict=True):
        axes.plot(epochs, [100 * row[f"{size}_train"] for row in history], ":", color=colour, label=f"{size}, training")
        axes.plot(epochs, [100 * row[f"{size}_clean"] for row in history], color=colour, label=f"{size}, clean test")
    axes.set(xlabel="epoch", ylabel="right answers, %", ylim=(40, None))
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(out)
    plt.close(figure)
