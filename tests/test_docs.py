"""The documentation agrees with the code: generated pages, links, and the log lines that it quotes."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from edge.contract.schemas import schemas
from tests.conftest import ROOT

GENERATED = ("configuration.md", "commands.md", "exit-codes.md", "messages.md", "cost.md")
PAGES = sorted(
    path
    for folder in ("docs", "deploy", "systemd", "ansible", "models", "tests", ".github")
    for path in (ROOT / folder).rglob("*.md")
    if "node_modules" not in path.parts
) + sorted(ROOT.glob("*.md"))
OF_SYSTEMD = ("Couldn't read inherited credential", "Watchdog timeout")
"""Lines that systemd writes."""
OF_LIBRARIES = (
    "No matching distribution found for",  # pip
    "No such file or directory",
    "Not authorized",
    "Operation not permitted",
    "certificate has expired",
    "is not yet valid",
)


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reference")
    subprocess.run([sys.executable, "-m", "docs.generate", folder], check=True, cwd=ROOT)
    return folder


@pytest.mark.parametrize("name", GENERATED)
def test_the_reference_is_fresh(name: str, generated: Path) -> None:
    assert (ROOT / "docs" / "reference" / name).read_text() == (generated / name).read_text(), "run: make docs"


def test_the_schemas_are_fresh() -> None:
    """Not in tests/unit: earlier releases of pydantic write the same rules in other words."""
    folder = ROOT / "deploy" / "contract"
    committed = {file.name: json.loads(file.read_text()) for file in folder.glob("*.schema.json")}
    assert committed == schemas(), "run: make schemas"


def anchors(page: Path) -> set[str]:
    """Return the anchors of the headings of a page, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _hash, anchor = target.partition("#")
        path = (page.parent / name) if name else page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            broken.append(target)
    assert not broken


def test_the_readme_is_read_to_its_end() -> None:
    lines = (ROOT / "README.md").read_text().splitlines()
    assert len(lines) < 100
    assert any("prohibited in the EU" in line for line in lines[:10])


def quoted_lines() -> list[str]:
    table = (ROOT / "docs" / "guide" / "troubleshooting.md").read_text()
    cells = re.findall(r"^\| (`[^|]+`[^|]*) \|", table, re.MULTILINE)
    return [line for cell in cells for line in re.findall(r"`([^`]+)`", cell)]


def test_every_quoted_log_line_is_one_that_a_program_writes() -> None:
    """Values are `…`; the words between them stand in the source."""
    folders = [ROOT / "edge", ROOT / "deploy", ROOT / "systemd"]
    files = [file for folder in folders for suffix in ("py", "sh") for file in folder.rglob(f"*.{suffix}")]
    files.append(ROOT / "systemd" / "hold-off")
    # A sentence that goes on in the next line of the source is one sentence.
    source = re.sub(r'"\n\s*f?"', "", "\n".join(file.read_text() for file in files))
    lines = quoted_lines()
    assert len(lines) > 20
    missing = []
    for line in lines:
        if line.startswith(OF_SYSTEMD):
            continue
        parts = re.split(r"…|: |; |[()]|, | (?=pass|did)", line)
        missing += [
            f"{line}: {part}" for part in (one.strip() for one in parts) if len(part) > 3 and part not in source
        ]
    assert not [one for one in missing if not one.endswith(OF_LIBRARIES)]


def test_the_examples_of_good_code_are_still_our_code() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    examples = re.findall(r"\(`([\w/]+\.py)`\):\n\n```python\n(.*?)```", text, re.DOTALL)
    assert len(examples) == 2
    for file, example in examples:
        source = (ROOT / file).read_text().splitlines()
        assert [line for line in example.splitlines() if line not in source] == [], file


def test_every_credential_of_a_manual_is_handed_over_by_a_unit() -> None:
    """Where it is not, the service ends, though the file lies where the manual says."""
    handed_over = {
        name
        for unit in (ROOT / "systemd").rglob("*")
        if unit.is_file()
        for name in re.findall(r"^LoadCredential=([^:]+)", unit.read_text(), re.MULTILINE)
    }
    named = {
        name
        for page in PAGES
        if page.name != "CHANGELOG.md"
        for name in re.findall(r'"credential:([^"]+)"', page.read_text())
        if name != "NAME"
    }
    assert len(named) > 8
    assert named - handed_over == set()
