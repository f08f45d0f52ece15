"""The figures of a model against what it has to reach, as a table and as pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from models.training.candidates import Rejection
from models.training.dataset import LABELS
from models.training.evaluate import Accuracy, Evaluation, reliability

mpl.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402 - the backend has to be chosen first


@dataclass(frozen=True)
class Report:
    """What `evaluate` found; None where the data or the other file for it were not given.

    Attributes:
        model: file name.
        split: name of the rows.
        figures: of these rows.
        lost_to_int8: percentage points that the float network is better.
        rejection: on windows that the daemon looks at, clusters of at least two.
        rejection_raw: on every raw window.
        relative_cost: CPU time of a face, as a multiple of the other model's.

    """

    model: str
    split: str
    figures: Evaluation
    lost_to_int8: float | None
    rejection: Rejection | None
    rejection_raw: Rejection | None
    relative_cost: float | None


def table(report: Report) -> Table:
    """Return everything in `report` for the terminal."""
    figures = report.figures
    rows = Table(title=f"{report.model} on {report.split}", title_justify="left", show_header=False)
    rows.add_row("accuracy, official rows", _interval(figures.official))
    rows.add_row("accuracy, clean rows", _interval(figures.clean))
    rows.add_row("recall", ", ".join(f"{name} {value:.2f}" for name, value in figures.recall.items()))
    if figures.agreement:
        rows.add_row("agreement with most FER+ voters", _interval(figures.agreement))
    rows.add_row("expected calibration error, as it is", f"{100 * figures.calibration_error:.1f} %")
    rows.add_row("  bias-corrected on the other half", f"{100 * figures.calibration_error_corrected:.1f} %")
    for bags, errors in figures.shares.items():
        rows.add_row(
            f"share error, {bags}",
            f"labels {100 * errors.labels:.1f}, soft {100 * errors.soft:.1f}, MAP-EM {100 * errors.estimated:.1f} points"
            f" ({-100 * errors.saved:+.0f} %)",
        )
    if report.lost_to_int8 is not None:
        rows.add_row("int8 minus float", f"{-report.lost_to_int8:+.2f} points")
    for name, found in (("clusters", report.rejection), ("raw windows", report.rejection_raw)):
        if found:
            rows.add_row(
                f"false windows kept at 95 % of faces, {name}",
                f"{100 * found.kept:.1f} % of {found.others} (faces kept {100 * found.faces_kept:.1f} % of {found.faces}, "
                f"area {found.area:.3f})",
            )
    if report.relative_cost is not None:
        rows.add_row("CPU time of a face, relative", f"{report.relative_cost:.2f}")
    return rows


def _interval(value: Accuracy) -> str:
    return f"{100 * value.value:.2f} % ({100 * value.low:.1f} to {100 * value.high:.1f}; {value.n} rows)"


def draw(probabilities: NDArray[np.float32], labels: NDArray[np.int64], confusion: Sequence[Sequence[int]], out: Path) -> None:
    """Write the confusion matrix and the reliability diagram of a model as one PNG to `out`."""
    counts = np.array(confusion, float)
    shares = counts / counts.sum(1, keepdims=True)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.6), dpi=110, layout="constrained")
    left.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(shares.shape):
        colour = "white" if shares[row, column] > 0.5 else "black"  # noqa: PLR2004 - half way up the colour map
        left.text(column, row, f"{100 * shares[row, column]:.0f}", ha="center", va="center", color=colour, fontsize=9)
    left.set(xticks=range(len(LABELS)), yticks=range(len(LABELS)), xlabel="the model says", ylabel="labelled")
    left.set_xticklabels(LABELS, rotation=45, ha="right")
    left.set_yticklabels(LABELS)
    left.set_title("of 100 faces of each row's label")
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
