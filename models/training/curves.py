"""The course of a training run as a picture."""

from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt


def draw(history: list[dict[str, float]], out: Path) -> None:
    """Write accuracy per epoch, on changed training faces and on clean PublicTest, as PNG to `out`.

    `history` holds `epoch`, `<network>_train` and `<network>_clean`.
    """
    figure, axes = plt.subplots(figsize=(7, 4), dpi=120, layout="constrained")
    epochs = [row["epoch"] for row in history]
    networks = [key.removesuffix("_train") for key in history[0] if key.endswith("_train")]
    for name, colour in zip(networks, ("#0072b2", "#d55e00"), strict=False):
        axes.plot(epochs, [100 * row[f"{name}_train"] for row in history], ":", color=colour, label=f"{name}, training")
        axes.plot(epochs, [100 * row[f"{name}_clean"] for row in history], color=colour, label=f"{name}, clean test")
    axes.set(xlabel="epoch", ylabel="right answers, %", ylim=(40, None))
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(out)
    plt.close(figure)
