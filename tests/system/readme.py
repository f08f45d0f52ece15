"""The commands that README.md and the guide tell their readers to type."""

import re

from tests.conftest import ROOT


def blocks(section: str, page: str = "README.md") -> list[list[str]]:
    """Return the indented blocks of a section of a page, each as its lines without their comments.

    A section that is named like the page's title is what stands before all sections.
    """
    text = (ROOT / page).read_text()
    (body,) = re.findall(rf"^##? {section}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    found = re.findall(r"(?:^    .*\n)+", body, re.MULTILINE)
    return [[re.sub(r"\s+#.*", "", line).strip() for line in block.splitlines()] for block in found]


def block(section: str, first: str) -> list[str]:
    """Return the block of a section that begins with a command."""
    (found,) = [lines for lines in blocks(section) if lines[0].startswith(first)]
    return found
