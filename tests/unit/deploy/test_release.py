"""`make release` in a repository of its own: what it refuses, and what it changes."""

import subprocess
from datetime import date
from pathlib import Path

import pytest

from deploy.release import Refused, prepare

DAY = date(2027, 1, 8)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "edge").mkdir()
    (tmp_path / "edge" / "__init__.py").write_text('"""Counts."""\n\n__version__ = "0.2.0"\n')
    (tmp_path / "CHANGELOG.md").write_text(
        "# Changelog\n\n## [Unreleased]\n\n- A lamp.\n\n## [0.2.0] - 2026-11-26\n\n- A camera.\n"
    )
    (tmp_path / "setup.cfg").write_text("[metadata]\nurl = https://github.com/north/emotion-edge\n")
    (tmp_path / "README.md").write_text("On Debian:\n\n    git clone https://github.com/north/emotion-edge.git\n")
    (tmp_path / "SECURITY.md").write_text("`--repo north/emotion-edge`\n")
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    return tmp_path


def git(folder: Path, *arguments: str) -> None:
    author = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *author, *arguments], cwd=folder, check=True, capture_output=True)


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "x")


def test_the_version_is_set_and_the_changelog_dated(checkout: Path) -> None:
    prepare(checkout, "0.3.0", DAY)
    assert '__version__ = "0.3.0"\n' in (checkout / "edge" / "__init__.py").read_text()
    text = (checkout / "CHANGELOG.md").read_text()
    assert text.startswith(
        "# Changelog\n\n## [Unreleased]\n\n## [0.3.0] - 2027-01-08\n\n- A lamp.\n\n## [0.2.0] - 2026-"
    )


def test_a_section_that_was_prepared_gets_the_date(checkout: Path) -> None:
    log = checkout / "CHANGELOG.md"
    log.write_text(log.read_text().replace("- A lamp.\n\n", ""))
    commit(checkout)
    prepare(checkout, "0.2.0", DAY)
    assert log.read_text() == "# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2027-01-08\n\n- A camera.\n"


def without_owner(folder: Path) -> None:
    for name in ("setup.cfg", "README.md", "SECURITY.md"):
        text = (folder / name).read_text().replace("north/", "OWNER/")
        (folder / name).write_text(text.replace("Debian:", "Debian (replace OWNER):"))
    commit(folder)


def test_the_first_release_writes_the_owner_everywhere(checkout: Path) -> None:
    without_owner(checkout)
    prepare(checkout, "0.3.0", DAY, "south-school")
    texts = [(checkout / name).read_text() for name in ("setup.cfg", "README.md", "SECURITY.md")]
    assert "OWNER" not in "".join(texts)
    assert all("south-school/emotion-edge" in text for text in texts)
    assert texts[1].startswith("On Debian:\n")


def dirty(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")


def tagged(folder: Path) -> None:
    git(folder, "tag", "v0.3.0")


def without_news(folder: Path) -> None:
    log = folder / "CHANGELOG.md"
    log.write_text(log.read_text().replace("- A lamp.\n\n", ""))
    commit(folder)


@pytest.mark.parametrize(
    ("change", "version", "reason"),
    [
        (dirty, "0.3.0", "not clean; commit or remove:\n?? notes.txt"),
        (tagged, "0.3.0", "the tag v0.3.0 exists"),
        (without_news, "0.3.0", "Unreleased is empty"),
        (without_owner, "0.3.0", "add OWNER=NAME"),
        (lambda _: None, "v0.3", "is not a version"),
        (lambda _: None, "0.2.0", "move the lines there"),
    ],
)
def test_what_is_refused_changes_nothing(checkout: Path, change: object, version: str, reason: str) -> None:
    assert callable(change)
    change(checkout)
    log, module = ((checkout / name).read_text() for name in ("CHANGELOG.md", "edge/__init__.py"))
    with pytest.raises(Refused) as caught:
        prepare(checkout, version, DAY)
    assert reason in str(caught.value)
    assert (log, module) == ((checkout / "CHANGELOG.md").read_text(), (checkout / "edge" / "__init__.py").read_text())
