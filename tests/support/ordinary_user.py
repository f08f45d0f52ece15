"""The real command as a user without rights, also where the tests run as root."""

import os
import shutil
import site
import subprocess
import sys

import pytest

NAME = "nobody"


def as_ordinary_user(*arguments: str) -> tuple[list[str], dict[str, str]]:
    """Return command line and environment of Python with `arguments`, for `Popen`; skip the test where that cannot be.

    Where root alone may enter the folder of this interpreter, the system's of the same version takes its place.
    """
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([*sys.path, *site.getsitepackages()])}
    if os.geteuid() != 0:
        return [sys.executable, *arguments], environment
    enter = ["runuser", "-u", NAME, "--"]
    if shutil.which(enter[0]) is None:
        pytest.skip("runuser is missing: apt install util-linux")
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{version}"):
        words = [*enter, python, "-P"]
        if (
            subprocess.run([*words, "-c", "import edge"], check=False, capture_output=True, env=environment).returncode
            == 0
        ):
            return [*words, *arguments], environment
    pytest.skip(f"{NAME} can run neither {sys.executable} nor a {version} of this system with these modules")


def needs_user_namespaces() -> None:
    """Skip the test where an ordinary user gets no namespace."""
    words, environment = as_ordinary_user("-c", "import ctypes; assert not ctypes.CDLL(None).unshare(0x50000000)")
    if subprocess.run(words, env=environment, check=False, capture_output=True).returncode:
        pytest.skip("this kernel gives ordinary users no namespaces")
