"""One target for some seconds: `python -m tests.fuzz.worker TARGET SECONDS FOLDER NUMBER`.

The input under way lies in FOLDER/NUMBER, so that it is known after a death by a signal; the count of runs in
FOLDER/runs-NUMBER.
"""

import contextlib
import importlib.util
import logging
import random
import sys
import time
from pathlib import Path

from tests.fuzz.mutate import mutate

HAS_ATHERIS = importlib.util.find_spec("atheris") is not None
_HANG_SECONDS = 20


def main() -> None:
    """Run until the time is over; end with a traceback at the first thing that may not happen."""
    name, seconds, folder, number = sys.argv[1], float(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
    logging.disable(logging.CRITICAL)
    if HAS_ATHERIS:
        import atheris  # noqa: PLC0415 - what is imported in its block is instrumented

        with atheris.instrument_imports(include=["edge"]):
            from tests.fuzz import targets  # noqa: PLC0415
    else:
        from tests.fuzz import targets  # noqa: PLC0415
    run, seeds = targets.TARGETS[name]
    runs = 0

    def one(data: bytes) -> None:
        nonlocal runs
        runs += 1
        (folder / number).write_bytes(data)
        if runs % 20 == 0:
            (folder / f"runs-{number}").write_text(str(runs))
        run(data)

    start = seeds() or [b""]
    if HAS_ATHERIS and int(number) % 2:  # every other slice: the two find different things
        corpus = folder / f"corpus-{name}"
        corpus.mkdir(exist_ok=True)
        for index, seed in enumerate(start):
            (corpus / f"seed-{index}").write_bytes(seed)
        options = [f"-max_total_time={int(seconds)}", f"-timeout={_HANG_SECONDS}", f"-artifact_prefix={folder}/"]
        atheris.Setup([sys.argv[0], str(corpus), *options, "-print_final_stats=0", "-verbosity=0"], one)
        atheris.Fuzz()
        return
    chance = random.Random(int(number))
    until = time.process_time() + seconds
    while time.process_time() < until:
        one(mutate(chance, start))
    with contextlib.suppress(OSError):
        targets.clear()


if __name__ == "__main__":
    main()
