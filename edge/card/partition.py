"""The boot partition of a card: a folder where it is mounted, or the first FAT partition inside of an image file."""

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Protocol

from edge.errors import ConfigError, Unavailable, UnusableInput
from edge.system.paths import exists
from edge.system.state_file import sync_folder

_SECTOR = 512
_FAT_TYPES = {0x01, 0x04, 0x06, 0x0B, 0x0C, 0x0E}
_NOT_ONE = "name the mounted boot partition of a card with Raspberry Pi OS, such as /media/you/bootfs, or an image file"
FOLDER = "emotion-edge"
"""Where all of ours lies that no part of the system asks for by name."""


class Partition(Protocol):
    """Paths are relative and have `/`; every method raises `EdgeError` where it fails."""

    name: str

    def has(self, path: str) -> bool:
        """Return whether there is such a file."""

    def read(self, path: str) -> bytes:
        """Return the content of a file as it is on the card."""

    def write(self, path: str, content: bytes) -> None:
        """Write a file, whole or not at all; folders are made."""

    def remove(self, path: str) -> None:
        """Remove a folder or file, where there is one."""

    def free(self) -> int:
        """Return the free bytes."""


def open_partition(target: Path) -> Partition:
    """Return the partition at a folder or in an image file.

    Raises:
        UnusableInput: it is none of Raspberry Pi OS.
        ConfigError: mtools is missing.

    """
    found: Partition
    if exists(target / "config.txt") is None:
        raise UnusableInput(target, "cannot be looked into by this user", "use sudo, or mount it as this user")
    if target.is_dir():
        found = Mounted(target)
    elif target.is_file():
        found = Image(target)
    elif target.is_block_device():
        raise UnusableInput(target, "is a device, not a mounted partition", f"mount its first partition; {_NOT_ONE}")
    else:
        raise UnusableInput(target, "is not there", _NOT_ONE)
    missing = [name for name in ("config.txt", "cmdline.txt") if not found.has(name)]
    if missing:
        problem = f"is no boot partition of Raspberry Pi OS: it has no {' and no '.join(missing)}"
        raise UnusableInput(target, problem, _NOT_ONE)
    return found


class Mounted:
    """A mounted partition."""

    def __init__(self, folder: Path) -> None:
        self.name = str(folder)
        self._folder = folder

    def has(self, path: str) -> bool:
        """Return whether there is such a file."""
        return (self._folder / path).is_file()

    def read(self, path: str) -> bytes:
        """Return it from the card and not from memory, as far as the kernel lets one ask for that."""
        try:
            with (self._folder / path).open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
                return file.read()
        except OSError as error:
            raise UnusableInput(
                self._folder / path, f"cannot be read ({error.strerror})", "try another card"
            ) from error

    def write(self, path: str, content: bytes) -> None:
        """Write a file under another name, bring it to the card, and rename it."""
        final = self._folder / path
        partial = final.with_name(f"{final.name}.new")
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(final)
            sync_folder(final.parent)
        except OSError as error:
            with contextlib.suppress(OSError):
                partial.unlink()
            raise _not_written(final, error) from error

    def remove(self, path: str) -> None:
        """Remove a folder or file."""
        found = self._folder / path
        try:
            if found.is_dir():
                shutil.rmtree(found)
            else:
                found.unlink(missing_ok=True)
        except OSError as error:
            raise _not_written(found, error) from error

    def free(self) -> int:
        """Return the free bytes."""
        return shutil.disk_usage(self._folder).free


class Image:
    """A FAT partition in a file, by mtools: neither root nor a mount is needed."""

    def __init__(self, file: Path) -> None:
        self.name = str(file)
        self._file = file
        if shutil.which("mcopy") is None:
            raise ConfigError("mtools", "is missing, which writes into image files", "apt install mtools")
        self._at = f"{file}@@{fat_offset(file)}"

    def has(self, path: str) -> bool:
        """Return whether there is such a file."""
        return self._run("mdir", "-b", f"::/{path}", check=False).returncode == 0

    def read(self, path: str) -> bytes:
        """Return the content of a file in the image."""
        return self._run("mcopy", "-n", f"::/{path}", "-").stdout

    def write(self, path: str, content: bytes) -> None:
        """Write a file; an image that is no card yet is written anew where this is broken off."""
        folder = path.rpartition("/")[0]
        if folder and not self.has(folder):
            self._run("mmd", f"::/{folder}")
        with tempfile.NamedTemporaryFile(prefix="emotion-edge-card-") as file:
            file.write(content)
            file.flush()
            self._run("mcopy", "-o", file.name, f"::/{path}")
        descriptor = os.open(self._file, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def remove(self, path: str) -> None:
        """Remove a folder or file."""
        self._run("mdeltree", f"::/{path}", check=False)  # it says the same of what is not there

    def free(self) -> int:
        """Return the free bytes."""
        listing = self._run("mdir", "::/").stdout.decode(errors="replace")
        found = re.search(r"([\d ,.']+)bytes free", listing)
        if found is None:
            raise UnusableInput(
                self._file, "mdir does not say how much is free", "mount the partition, and name the folder"
            )
        return int(re.sub(r"\D", "", found[1]))

    def _run(self, program: str, *words: str, check: bool = True) -> "subprocess.CompletedProcess[bytes]":
        command = [program, "-i", self._at, *words]
        environment = os.environ | {"MTOOLS_SKIP_CHECK": "1", "LC_ALL": "C.UTF-8"}
        try:
            done = subprocess.run(  # noqa: S603 - programs of mtools
                command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=600, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ConfigError(program, f"cannot be run ({error})", "apt install mtools") from error
        if check and done.returncode:
            said = done.stderr.decode(errors="replace").strip()[-200:]
            raise Unavailable(self._file, f"{program} failed ({said})", "make room, or write the image anew")
        return done


def fat_offset(file: Path) -> int:
    """Return where the first FAT partition of an image begins, in bytes; raise `UnusableInput` where it has none."""
    try:
        with file.open("rb") as image:
            first = image.read(_SECTOR)
    except OSError as error:
        raise UnusableInput(file, f"cannot be read ({error.strerror})", _NOT_ONE) from error
    if len(first) == _SECTOR and first[510:] == b"\x55\xaa":
        if first[54:57] == b"FAT" or first[82:85] == b"FAT":
            return 0
        for entry in (first[start : start + 16] for start in range(446, 510, 16)):
            if entry[4] in _FAT_TYPES:
                return int.from_bytes(entry[8:12], "little") * _SECTOR
    remedy = "unpack it first where its name ends in .xz (unxz)" if file.suffix in {".xz", ".zip", ".gz"} else _NOT_ONE
    raise UnusableInput(file, "is no image of a card with a FAT partition", remedy)


def write_and_verify(partition: Partition, path: str, content: bytes) -> str:
    """Write a file, read it back, and return its SHA-256; raise `Unavailable` where the card keeps something else."""
    partition.write(path, content)
    wanted = hashlib.sha256(content).hexdigest()
    if hashlib.sha256(partition.read(path)).hexdigest() != wanted:
        raise Unavailable(f"{partition.name}: {path}", "was written, and reads back otherwise", "take another card")
    return wanted


def _not_written(path: Path, error: OSError) -> Unavailable:
    remedy = "make room, or take another card; look whether its switch is on `lock`"
    return Unavailable(path, f"cannot be written ({error.strerror})", remedy)
