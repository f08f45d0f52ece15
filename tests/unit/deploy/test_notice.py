"""The notice kit: the same pages in each language, nothing from elsewhere, and figures that are still true."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest

from edge.vision import life
from tests.conftest import ROOT

KIT = ROOT / "deploy" / "notice"
PAGES = ("assessment", "computed", "letter", "sign")
ARTICLE = {
    "en": "Regulation (EU) 2024/1689, Article 5(1)(f)",
    "de": "Verordnung (EU) 2024/1689, Artikel 5 Absatz 1 Buchstabe f",
    "hi": "विनियमन (EU) 2024/1689, अनुच्छेद 5(1)(f)",
}
EACH = [(language, page) for language in ARTICLE for page in PAGES]


@dataclass
class Page(HTMLParser):
    """What a test asks of a page; `outline` is everything that a translation must not change."""

    outline: list[tuple[str, ...]] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    laws: list[str] = field(default_factory=list)
    figures: list[tuple[str, str]] = field(default_factory=list)
    plain: str = ""
    inside: tuple[str, str] = ("", "")

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        fixed = [f"{name}={said[name]}" for name in ("id", "class", "type", "name", "data-law") if name in said]
        if "data-said" in said:
            self.inside = (tag, said["data-said"])
        else:
            # The order of the words, and so of the figures, differs between languages.
            self.outline.append((tag, *fixed))
        if tag in ("script", "img", "iframe", "object", "embed", "base", "form"):
            self.loads.append(tag)
        self.loads += [value for name, value in said.items() if name in ("src", "href", "srcset", "action", "style")]
        if tag == "cite":
            self.laws.append("")
            self.inside = (tag, "")

    def handle_endtag(self, tag: str) -> None:
        if tag == self.inside[0]:
            self.inside = ("", "")

    def handle_data(self, data: str) -> None:
        tag, said = self.inside
        if tag == "cite":
            self.laws[-1] += data
        elif said:
            self.figures.append((said, data))
        else:
            self.plain += data


def read(language: str, page: str) -> Page:
    found = Page()
    found.feed((KIT / language / f"{page}.html").read_text())
    found.close()
    return found


def one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def numbers(text: str) -> list[str]:
    """Return the numbers of a text; a German comma is a point."""
    return re.findall(r"\d+(?:\.\d+)?", re.sub(r"(?<=\d),(?=\d)", ".", text))


def test_every_language_has_the_same_pages() -> None:
    there = {folder.name: sorted(file.name for file in folder.iterdir()) for folder in KIT.iterdir() if folder.is_dir()}
    assert there == {language: [f"{page}.html" for page in PAGES] for language in ARTICLE}


@pytest.mark.parametrize("page", PAGES)
def test_a_translation_has_the_same_parts_blanks_and_figures(page: str) -> None:
    english = read("en", page)
    for language in ("de", "hi"):
        other = read(language, page)
        assert other.outline == english.outline, language
        assert sorted(said for said, _ in other.figures) == sorted(said for said, _ in english.figures), language


@pytest.mark.parametrize(("language", "page"), EACH)
def test_a_page_loads_its_style_and_nothing_else(language: str, page: str) -> None:
    assert read(language, page).loads == ["../notice.css"]
    style = (KIT / "notice.css").read_text()
    assert "url(" not in style
    assert "@import" not in style


@pytest.mark.parametrize(("language", "page"), EACH)
def test_a_page_begins_with_the_article(language: str, page: str) -> None:
    found = read(language, page)
    assert found.laws[0] == ARTICLE[language]
    parts = [one for one in found.outline if one[0] == "section"]
    assert parts[0] == ("section", "id=law")
    assert f'<html lang="{language}">' in (KIT / language / f"{page}.html").read_text()


@pytest.mark.parametrize(("language", "page"), EACH)
def test_every_figure_stands_in_the_documentation(language: str, page: str) -> None:
    source = one_line("".join((ROOT / name).read_text() for name in ("README.md", "docs/design/privacy.md")))
    found = read(language, page)
    assert numbers(found.plain) == [], "a number without data-said"
    assert found.figures
    for said, shown in found.figures:
        assert said in source, f"{said!r} is no longer in README.md or docs/design/privacy.md: correct the page"
        assert set(numbers(shown)) <= set(numbers(said)), f"{shown!r} is not what the documentation says: {said!r}"


@pytest.mark.parametrize("page", ["letter", "computed"])
@pytest.mark.parametrize(("language", "days"), [("en", "four days"), ("de", "vier Tage"), ("hi", "चार दिन")])
def test_what_stays_in_memory_is_named(language: str, days: str, page: str) -> None:
    """Parents can read what the device remembers of a face that does not move, and for how long."""
    assert (life._PATCH, life._FURNITURE_LEFT_SECONDS / 86_400) == (16, 4), "correct the pages"
    shown = [shown for _said, shown in read(language, page).figures]
    assert {"16 × 16", days} <= set(shown)
