"""Prepare a release: `make release VERSION=0.3.0 [OWNER=NAME]`. The maintainer commits and tags the result."""

import re
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

_VERSION = re.compile(r"\d+\.\d+\.\d+((a|b|rc)\d+)?", re.ASCII)
_UNRELEASED = "## [Unreleased]\n"
_NAMES_OWNER = ("setup.cfg", "README.md", "SECURITY.md")
_OWNER = re.compile(r"OWNER(?=/emotion-edge)")
"""Stands for the GitHub account of the repository until a release names it."""
_TO_REPLACE = " (replace OWNER)"
_ACCOUNT = re.compile(r"[A-Za-z\d](-?[A-Za-z\d]){0,38}", re.ASCII)


class Refused(Exception):
    """The release cannot be prepared; the text names the problem and the remedy."""


def prepare(root: Path, version: str, today: date, owner: str = "") -> None:
    """Set the version and date the changelog of a clean checkout; write the `owner` where the repository is named.

    Raises:
        Refused: the version is malformed or taken, the tree is not clean, the changelog has nothing to release, or
            nobody has said yet where the repository is.

    """
    if not _VERSION.fullmatch(version):
        raise Refused(f"VERSION: {version!r} is not a version; write for example 0.3.0 or 0.3.0rc1")
    if changed := _git(root, "status", "--porcelain"):
        raise Refused(f"the tree is not clean; commit or remove:\n{changed}")
    if _git(root, "tag", "--list", f"v{version}"):
        raise Refused(f"the tag v{version} exists; use a higher version")
    log = root / "CHANGELOG.md"
    dated = dated_changelog(log.read_text(), version, today)
    module = root / "edge" / "__init__.py"
    bumped, found = re.subn(
        r'^__version__ = ".*"$', f'__version__ = "{version}"', module.read_text(), flags=re.MULTILINE
    )
    if found != 1:
        raise Refused(f"{module}: has no line __version__ = …; restore it")
    owned = _with_owner(root, owner)
    log.write_text(dated)
    module.write_text(bumped)
    for file, text in owned.items():
        file.write_text(text)


def _with_owner(root: Path, owner: str) -> dict[Path, str]:
    """Return what the files become that say where the repository is, as long as they have the placeholder."""
    texts = {root / name: (root / name).read_text() for name in _NAMES_OWNER}
    if not any(_OWNER.search(text) for text in texts.values()):
        return {}
    if not _ACCOUNT.fullmatch(owner):
        remedy = "add OWNER=NAME, the account in https://github.com/NAME/emotion-edge, to the command"
        raise Refused(f"OWNER: {owner!r} is not the name of a GitHub account, and README.md needs it; {remedy}")
    return {file: _OWNER.sub(owner, text).replace(_TO_REPLACE, "") for file, text in texts.items()}


def dated_changelog(text: str, version: str, today: date) -> str:
    """Return a changelog whose unreleased section is that of `version`; one that was prepared gets today's date."""
    head = f"## [{version}] - {today.isoformat()}\n"
    before, mark, after = text.partition(_UNRELEASED)
    if not mark:
        raise Refused(f"CHANGELOG.md: has no section {_UNRELEASED.strip()!r}; add it above the newest version")
    unreleased, newer, older = after.partition("\n## [")
    prepared = re.compile(rf"^## \[{re.escape(version)}\] - \S+\n", re.MULTILINE)
    if unreleased.strip() and prepared.search(older and f"## [{older}"):
        raise Refused(f"CHANGELOG.md: has unreleased lines and a section of {version}; move the lines there")
    if unreleased.strip():
        return before + mark + "\n" + head + unreleased + newer + older
    if not prepared.search(text):
        raise Refused("CHANGELOG.md: the section Unreleased is empty; there is nothing to release")
    return prepared.sub(head, text)


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True).stdout.rstrip()  # noqa: S603, S607 - our own words


if __name__ == "__main__":
    try:
        given, account = [*sys.argv[1:3], "", ""][:2]
        prepare(Path(__file__).parents[1], given, datetime.now(UTC).date(), account)
    except Refused as error:
        sys.exit(f"release.py: {error}")
