"""The course of a training run as a picture."""

from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt

_TRAINING, _TEST = "#0072b2", "#d55e00"


def draw(histories: dict[str, list[dict[str, float]]], size: str, out: Path) -> None:
    """Write agreement per epoch, with what is wanted of the training faces and with clean PublicTest, as PNG to `out`.

    Args:
        histories: of the runs by their names, in order; a row holds `<size>_agreed` and `<size>_clean`.
        size: of `network.SIZES`.
        out: file.

    """
    figure, axes = plt.subplots(figsize=(7, 4), dpi=120, layout="constrained")
    first = 1
    for name, history in histories.items():
        epochs = range(first, first + len(history))
        axes.plot(epochs, [100 * row[f"{size}_agreed"] for row in history], ".:", color=_TRAINING)
        axes.plot(epochs, [100 * row[f"{size}_clean"] for row in history], ".-", color=_TEST)
        axes.annotate(name, (first, 0.02), xycoords=("data", "axes fraction"), rotation=90, color="#555555")
        first += len(history)
    axes.plot([], [], ".:", color=_TRAINING, label="damaged training faces")
    axes.plot([], [], ".-", color=_TEST, label="clean rows of PublicTest")
    axes.set(xlabel="epoch", ylabel="agreement, %")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(out)
    plt.close(figure)
