"""Write the lock files: `make lock`. Versions stay as long as they suit setup.cfg; `--upgrade` takes the newest.

One file is for every Python and processor that setup.cfg supports: pip evaluates the markers on the device. The hashes
are those of all files of a version; only wheels are installed.
"""

import configparser
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "deploy" / "lock"
_HUB = ("hub", "postgresql", "alerts", "oidc")
"""Extras of a hub as the installer makes it."""


def wanted() -> dict[str, str]:
    """Return what each lock file is made from: lines of requirements, by the name of the file without its suffix."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = setup["options.extras_require"]
    device = setup["options"]["install_requires"]
    return {
        "device": device,
        # Where a hub runs, the program is there as well.
        "hub": "\n".join([device, *(extras[each].replace("emotion-edge[hub]", "") for each in _HUB)]),
        "build": "\n".join(project["build-system"]["requires"]),
        "release": extras["release"],
    }


def compile_lock(name: str, requirements: str, *options: str) -> None:
    """Write a lock file with uv, whose settings are in pyproject.toml."""
    output = LOCK / f"{name}.txt"
    command = ["uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"]
    command += ["--only-binary", ":all:", "--custom-compile-command", "make lock", "--output-file", str(output)]
    subprocess.run([*command, *options, "-"], input=requirements, text=True, check=True, cwd=ROOT)  # noqa: S603 - our own words


if __name__ == "__main__":
    for each, lines in wanted().items():
        compile_lock(each, lines, *sys.argv[1:])
