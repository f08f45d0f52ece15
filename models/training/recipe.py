"""How the shipped generation was made: what `make model` runs and what the model card says, in one list."""

from dataclasses import dataclass

GENERATION = 8


@dataclass(frozen=True)
class Run:
    """One training run.

    Attributes:
        name: of its folder.
        size: of `network.SIZES`.
        start: of the float weights that it begins with: a commit and a file of it, or the name of an earlier run.
        teachers: names of earlier runs whose answers it learns from, beside the votes.
        epochs: how many.
        rates: share of the first generation's learning rates.

    """

    name: str
    size: str
    start: str
    teachers: tuple[str, ...]
    epochs: int
    rates: float


SHIPPED = {"standard": ("standard-settled", 0.8), "small": ("small", 0.7)}
"""Of each size the run that ships, and its share in the mean of its weights and those that the first run began with."""


RECIPE = (
    Run("standard", "standard", "81603bf:models/standard.npz", (), 30, 0.5),
    Run("small", "small", "81603bf:models/small.npz", (), 28, 0.5),
    Run("standard-settled", "standard", "standard", ("standard",), 12, 0.25),
)
"""In this order."""
