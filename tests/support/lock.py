"""The lock files, as pip on a given Python reads them."""

import re
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT

_ENTRY = re.compile(r"^(?P<requirement>[^\s#][^\\\n]*?) \\\n(?P<hashes>(?:    --hash=\S+(?: \\)?\n)+)", re.MULTILINE)


@dataclass(frozen=True)
class Locked:
    """A library at one version, and the SHA-256 of each of its files."""

    name: str
    version: str
    hashes: frozenset[str]

    @property
    def line(self) -> str:
        """Return it as pip's requirements files have it, without a marker."""
        return " ".join([f"{self.name}=={self.version}", *(f"--hash=sha256:{one}" for one in sorted(self.hashes))])


def locked(name: str, python: str) -> dict[str, Locked]:
    """Return what the lock file `name` holds for a Python version such as 3.13, by canonical name."""
    text = (ROOT / "deploy" / "lock" / f"{name}.txt").read_text()
    environment = {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": "linux"}
    found: dict[str, Locked] = {}
    for entry in _ENTRY.finditer(text):
        one = Requirement(entry["requirement"])
        if one.marker is None or one.marker.evaluate(environment):
            (pinned,) = one.specifier
            assert pinned.operator == "=="
            hashes = frozenset(re.findall(r"sha256:([0-9a-f]{64})\b", entry["hashes"]))
            found[canonicalize_name(one.name)] = Locked(one.name, pinned.version, hashes)
    return found
