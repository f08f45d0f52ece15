"""Run a function in a process of its own: for tests that count what a process holds."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

SECONDS = 120


def run_alone(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Return or raise what `function` does in a new interpreter, where no other test has left a thread or a file.

    Function, arguments and result must be picklable. Raises TimeoutError after two minutes.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(function, *args, **kwargs).result(SECONDS)
