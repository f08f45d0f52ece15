"""Command lines of this program's own child processes, each a Python in isolated mode (`-I`).

`python -m` and `python -c` search the working folder first. A child would run what another user has left there under
the name of a module, with the rights of this process. In isolated mode Python searches neither the working folder nor
what PYTHON* variables name.
"""

import os
import site
import sys
import sysconfig
from pathlib import Path

_PACKAGE = str(Path(__file__).absolute().parents[2])
"""The folder that this package was loaded from."""


def isolated(program: str, *arguments: str) -> list[str]:
    """Return the command line of a child that runs the Python code `program`; `sys.argv[1:]` are `arguments`.

    The child can import what this process can, but for what lies in the working folder.
    """
    paths = _more_paths()
    first = f"import sys; sys.path[:0] = {paths!a}; " if paths else ""
    bytecode = ["-B"] if sys.dont_write_bytecode else []  # the unit says so in PYTHONDONTWRITEBYTECODE
    return [sys.executable, "-I", *bytecode, "-c", first + program, *arguments]


def own_command(*arguments: str) -> list[str]:
    """Return the command line of a child that runs `emotion-edge` with `arguments`."""
    return isolated("from edge.__main__ import main; main()", *arguments)


def _more_paths() -> list[str]:
    """Return what this process searches for modules beyond its installation, such as a checkout; mostly nothing."""
    known = _installed() | _by_working_folder()
    paths = [path for path in dict.fromkeys(sys.path) if path not in known and Path(path).is_absolute()]
    return paths if _PACKAGE in {*paths, *known} else [_PACKAGE, *paths]


def _installed() -> set[str]:
    """Return what isolated mode searches by itself."""
    library = sysconfig.get_path("stdlib")
    dynamic = str(Path(sysconfig.get_path("platstdlib")) / "lib-dynload")
    archive = str(Path(library).with_name(f"python{sys.version_info.major}{sys.version_info.minor}.zip"))
    return {library, dynamic, str(Path(library) / "lib-dynload"), archive, *site.getsitepackages()}


def _by_working_folder() -> set[str]:
    """Return what this process searches because of the folder in which it was started, or of its script's."""
    first = [] if sys.flags.safe_path else sys.path[:1]
    named = os.environ["PYTHONPATH"].split(os.pathsep) if os.environ.get("PYTHONPATH") else []
    relative = [str(Path(path).absolute()) for path in named if not Path(path).is_absolute()]
    return {path for path in (*first, *relative) if path != _PACKAGE}
