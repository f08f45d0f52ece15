"""The figures of a model as a table."""

from dataclasses import dataclass

from rich.table import Table

from models.training.candidates import Rejection
from models.training.evaluate import Accuracy, Evaluation, NaturalFigures
from models.training.groups import GroupErrors


@dataclass(frozen=True)
class Report:
    """What `evaluate` found; None where the data or the other file for it were not given.

    Attributes:
        model: file name.
        split: name of the rows.
        figures: of these rows.
        natural: on other people's faces in their natural mix.
        lost_to_int8: percentage points that the float network is better.
        rejection: on windows that the daemon looks at, clusters of at least two.
        rejection_raw: on every raw window.
        relative_cost: CPU time of a face, as a multiple of the other model's.

    """

    model: str
    split: str
    figures: Evaluation
    natural: NaturalFigures | None
    lost_to_int8: float | None
    rejection: Rejection | None
    rejection_raw: Rejection | None
    relative_cost: float | None


def table(report: Report) -> Table:
    """Return everything in `report` for the terminal."""
    figures = report.figures
    rows = Table(title=f"{report.model} on {report.split}", title_justify="left", show_header=False)
    rows.add_row("agreement with most viewers, official rows", _interval(figures.plurality))
    rows.add_row("  clean rows", _interval(figures.plurality_clean))
    rows.add_row("  recall", ", ".join(f"{name} {value:.2f}" for name, value in figures.recall.items()))
    rows.add_row("FER-2013's label (protocol), official rows", _interval(figures.protocol))
    rows.add_row("  clean rows", _interval(figures.protocol_clean))
    rows.add_row("expected calibration error, as it is", f"{100 * figures.calibration_error:.1f} %")
    rows.add_row("  bias-corrected, cross-fitted", f"{100 * figures.calibration_error_corrected:.1f} %")
    rows.add_row(
        "points lost by damage, mean",
        f"{figures.mean_loss:.1f} ({', '.join(f'{name} {value:.1f}' for name, value in figures.hardships.items())})",
    )
    for bags, errors in figures.groups.items():
        rows.add_row(f"people under a wrong emotion, {bags}", _errors(errors))
    if report.natural:
        rows.add_row("agreement on natural faces", _interval(report.natural.right))
        for bags, errors in report.natural.groups.items():
            rows.add_row(f"people under a wrong emotion, {bags}", _errors(errors))
    if report.lost_to_int8 is not None:
        rows.add_row("int8 minus float", f"{-report.lost_to_int8:+.2f} points")
    for name, found in (("clusters", report.rejection), ("raw windows", report.rejection_raw)):
        if found:
            rows.add_row(
                f"false windows kept at 95 % of faces, {name}",
                f"{100 * found.kept:.1f} % of {found.others} "
                f"(faces kept {100 * found.faces_kept:.1f} % of {found.faces}, area {found.area:.3f})",
            )
    if report.relative_cost is not None:
        rows.add_row("CPU time of a face, relative", f"{report.relative_cost:.2f}")
    return rows


def _errors(errors: GroupErrors) -> str:
    return (
        f"labels {100 * errors.labels:.1f}, MAP-EM {100 * errors.mix:.1f}, published {100 * errors.estimated:.1f}"
        f" points; {100 * errors.covering:.1f} in 90 % of the groups"
    )


def _interval(value: Accuracy) -> str:
    return f"{100 * value.value:.2f} % ({100 * value.low:.1f} to {100 * value.high:.1f}; {value.n} rows)"
