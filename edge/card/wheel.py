"""The release that goes onto a card."""

import hashlib
import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple

from edge.errors import UnusableInput

_MAKE = "make it anew: make wheel"
_NEEDED = ("first-boot.sh", "clone.sh", "install.sh", "emotion-edge-enrol.service", "emotion-edge-clone.service")


class Wheel(NamedTuple):
    """A release.

    Attributes:
        name: of its file.
        content: of its file.
        first_boot: the script that starts it all, as it lies in there.
        libraries: more wheels by name, for a device without internet; the installer checks them by the lock file.

    """

    name: str
    content: bytes
    first_boot: bytes
    libraries: dict[str, bytes]


def find(given: Path | None, folder: Path = Path("dist")) -> Path:
    """Return the wheel that was named, else the only one in `folder`; raise `UnusableInput` where there is none."""
    if given is not None:
        return given
    found = sorted(folder.glob("emotion_edge-*.whl"))
    if len(found) != 1:
        problem = (
            f"there are {len(found)} wheels in {folder.resolve()}"
            if found
            else f"there is no wheel in {folder.resolve()}"
        )
        raise UnusableInput("the release", problem, "name one by --wheel, or make one: make wheel")
    return found[0]


def load(path: Path, libraries: Path | None = None) -> Wheel:
    """Return a release that is whole, with the wheels of a folder.

    Raises:
        UnusableInput: it cannot be read, is cut short or damaged, is of a release that cannot enrol, or is not the one
            that the SHA256SUMS beside it names.

    """
    try:
        content = path.read_bytes()
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
            names = {Path(name).name: name for name in archive.namelist() if ".data/data/share/emotion-edge/" in name}
            missing = [name for name in _NEEDED if name not in names]
            first_boot = b"" if missing or damaged else archive.read(names["first-boot.sh"])
    except OSError as error:
        raise UnusableInput(path, f"cannot be read ({error.strerror})", _MAKE) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
        raise UnusableInput(path, f"is no whole wheel ({error})", _MAKE) from error
    if damaged:
        raise UnusableInput(path, f"is damaged at {damaged}", _MAKE)
    if missing:
        raise UnusableInput(path, f"is of a release that cannot enrol: it has no {missing[0]}", _MAKE)
    _check_sums(path, content)
    return Wheel(path.name, content, first_boot, _libraries(libraries) if libraries else {})


def _libraries(folder: Path) -> dict[str, bytes]:
    try:
        found = {path.name: path.read_bytes() for path in sorted(folder.glob("*.whl"))}
    except OSError as error:
        raise UnusableInput(error.filename, f"cannot be read ({error.strerror})", "download it again") from error
    if not found:
        remedy = "download them as docs/guide/install.md says, or leave --wheels away"
        raise UnusableInput(folder, "holds no wheels", remedy)
    return found


def _check_sums(path: Path, content: bytes) -> None:
    sums = path.with_name("SHA256SUMS")
    if not sums.is_file():
        return
    for line in sums.read_text(encoding="utf-8", errors="replace").splitlines():
        digest, _blank, name = line.partition(" ")
        if name.strip().lstrip("*") == path.name and digest != hashlib.sha256(content).hexdigest():
            raise UnusableInput(path, f"is not the file that {sums} names", "download both again")
