"""The real command as a user without rights, also where the tests run as root."""

import functools
import os
import shutil
import site
import subprocess
import sys
import tempfile
from pathlib import Path

import edge_dashboard
import edge_models
import pytest

NAME = "nobody"


def as_ordinary_user(*arguments: str) -> tuple[list[str], dict[str, str]]:
    """Return command line and environment of Python with `arguments`, for `Popen`; skip the test where that cannot be.

    Where root alone may enter the folder of this interpreter, the system's of the same version takes its place.
    """
    path = [*sys.path, *site.getsitepackages(), str(_packages_of_data())]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path)}
    if os.geteuid() != 0:
        return [sys.executable, *arguments], environment
    enter = ["runuser", "-u", NAME, "--"]
    if shutil.which(enter[0]) is None:
        pytest.skip("runuser is missing: apt install util-linux")
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{version}"):
        words = [*enter, python, "-P"]
        imports = [*words, "-c", "import edge, edge_models, edge_dashboard"]
        if subprocess.run(imports, check=False, capture_output=True, env=environment).returncode == 0:
            return [*words, *arguments], environment
    pytest.skip(f"{NAME} can run neither {sys.executable} nor a {version} of this system with these modules")


@functools.cache
def _packages_of_data() -> Path:
    """Return a folder with the packages that an editable install finds by a hook, which another Python does not run."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    for package in (edge_models, edge_dashboard):
        (folder / package.__name__).symlink_to(package.__path__[0])
    return folder


def needs_user_namespaces() -> None:
    """Skip the test where an ordinary user gets no namespace."""
    words, environment = as_ordinary_user("-c", "import ctypes; assert not ctypes.CDLL(None).unshare(0x50000000)")
    if subprocess.run(words, env=environment, check=False, capture_output=True).returncode:
        pytest.skip("this kernel gives ordinary users no namespaces")
