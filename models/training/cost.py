"""What one face costs, as a ratio to another model in the same runtime and the same run."""

import time
from pathlib import Path
from statistics import median

import numpy as np

from models.training.model_file import interpreter

_ROUNDS = 60
_CALLS = 10


def relative_cost(model: Path, other: Path) -> float:
    """Return the CPU time of one inference of `model` on one thread, divided by that of `other`; in turns."""
    loaded = [interpreter(path) for path in (model, other)]
    for one in loaded:
        entry = one.get_input_details()[0]
        one.set_tensor(entry["index"], np.zeros(entry["shape"], entry["dtype"]))
        one.invoke()
    rounds = []
    for _ in range(_ROUNDS):
        spent = []
        for one in loaded:
            begun = time.process_time_ns()
            for _ in range(_CALLS):
                one.invoke()
            spent.append(time.process_time_ns() - begun)
        rounds.append(spent[0] / spent[1])
    return round(median(rounds), 3)
