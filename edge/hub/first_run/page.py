"""The set-up page as HTML, in the language of the browser; it works without scripts, which only fill in and wait."""

import base64
import hashlib
import html
import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from zoneinfo import available_timezones

from edge.hub.first_run.scripts import CAMERA, FILL_IN, WAIT

_FALLBACK = "en"
LANGUAGES = ("en", "de")
Texts = Mapping[str, str]

_OF_CAMERA = "camera_"
"""Begins the names of texts that the script of the camera shows."""
_SAID = ' data-said="yes"'
_STYLE = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 36rem; margin: 0 auto; padding: 1rem; }
label, legend { font-weight: 600; }
.field, fieldset { margin: 0 0 1.25rem; }
fieldset { padding: 0.5rem 0.75rem; border: 1px solid; }
fieldset label, .check label { font-weight: 400; display: block; padding: 0.25rem 0; }
input:not([type=radio], [type=checkbox]), select { display: block; width: 100%; box-sizing: border-box; font: inherit;
  padding: 0.5rem; margin-top: 0.25rem; }
.notice { border-left: 4px solid; padding-left: 0.75rem; }
.problem { font-weight: 600; color: light-dark(#a3000b, #ff9d94); margin: 0.25rem 0 0; }
section { border: 1px solid; padding: 0.25rem 0.75rem; margin: 0 0 1.25rem; }
h2 { font-size: 1.1rem; margin: 0.5rem 0; }
svg { display: block; width: 100%; border: 1px solid; background: Canvas; }
svg[hidden] { display: none; }
svg rect { fill: none; stroke: light-dark(#0b5d1e, #7fdc96); stroke-width: 1; }
svg rect.small { stroke: light-dark(#8a4b00, #ffb868); stroke-dasharray: 2 1.5; }
button { font: inherit; font-weight: 600; padding: 0.6rem 1.2rem; min-height: 2.75rem; }
"""


def policy() -> str:
    """Return the Content-Security-Policy: these two scripts and this style, and nothing from elsewhere."""
    scripts = " ".join(f"'sha256-{_digest(script)}'" for script in (FILL_IN + CAMERA, WAIT))
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'sha256-{_digest(_STYLE)}'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def choose(wanted: str, accepted: str) -> str:
    """Return a language: the wanted one, or the first that the header Accept-Language names and the page has."""
    if wanted in LANGUAGES:
        return wanted
    named = (each.partition(";")[0].strip().lower()[:2] for each in accepted[:200].split(","))
    return next((each for each in named if each in LANGUAGES), _FALLBACK)


@cache
def texts(language: str) -> Texts:
    """Return the texts of a language."""
    file = resources.files(__package__ or "") / "texts" / f"{language}.json"
    found: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return found


def form(language: str, said: Mapping[str, str], problems: Mapping[str, str], above: str = "") -> str:
    """Return the form.

    Args:
        language: of the page.
        said: what was entered before; a password is never shown again.
        problems: names of texts, by the field that cannot be used.
        above: name of a text that stands above all; empty for none.

    """
    t = texts(language)
    fields = _Fields(t, said, problems)
    other = next(each for each in LANGUAGES if each != language)
    body = f"""<p><a href="/?lang={other}" lang="{other}" hreflang="{other}">{html.escape(t["language"])}</a></p>
<h1>{html.escape(t["title"])}</h1>
<p>{html.escape(t["intro"])}</p>
{f'<p class="problem" role="alert">{html.escape(t[above])}</p>' if above else ""}
<form method="post" action="/?lang={language}" autocomplete="off">
{fields.text("code", 'autocapitalize="characters" spellcheck="false" required')}
{fields.text("site", 'spellcheck="false" required maxlength="64"')}
{fields.text("room", 'required maxlength="64"')}
<p class="notice">{html.escape(t["notice"])}</p>
{fields.choice("school", ("yes", "no"))}
{fields.choice("mode", ("presence", "emotions"))}
{fields.zones()}
{fields.text("open", 'spellcheck="false" maxlength="64"')}
{_camera(t)}
{fields.box("accepted", "required")}
{fields.box("practice", "")}
{fields.text("password", 'type="password" autocomplete="new-password" required minlength="12" maxlength="128"')}
<p><button type="submit">{html.escape(t["send"])}</button></p>
</form>"""
    return _whole(language, body, FILL_IN + CAMERA)


def waiting(language: str) -> str:
    """Return what is shown after the answers were taken."""
    t = texts(language)
    body = f"""<h1>{html.escape(t["title"])}</h1>
<p role="status">{html.escape(t["done"])}</p>
<p id="late" class="problem" role="alert" hidden>{html.escape(t["late"])}</p>"""
    return _whole(language, body, WAIT)


def notice(language: str, name: str) -> str:
    """Return a page with one text."""
    t = texts(language)
    body = f'<h1>{html.escape(t["title"])}</h1><p class="problem" role="alert">{html.escape(t[name])}</p>'
    return _whole(language, body, "")


class _Fields:
    def __init__(self, t: Texts, said: Mapping[str, str], problems: Mapping[str, str]) -> None:
        self._t, self._said, self._problems = t, said, problems

    def problem(self, name: str) -> str:
        wrong = self._problems.get(name)
        return f'<p class="problem" id="{name}-problem">{html.escape(self._t[wrong])}</p>' if wrong else ""

    def text(self, name: str, more: str) -> str:
        value = "" if name == "password" else html.escape(self._said.get(name, ""))
        return (
            f'<div class="field"><label for="{name}">{html.escape(self._t[name])}</label>'
            f'<input id="{name}" name="{name}" value="{value}" {more}{self._described(name)}>{self.problem(name)}</div>'
        )

    def choice(self, name: str, values: tuple[str, ...]) -> str:
        chosen = self._said.get(name, "presence" if name == "mode" else "")
        options = "".join(
            f'<label><input type="radio" name="{name}" value="{value}"{" checked" if value == chosen else ""}'
            f"{' required' if name == 'school' else ''}> {html.escape(self._t[value])}</label>"
            for value in values
        )
        return f"<fieldset><legend>{html.escape(self._t[name])}</legend>{options}{self.problem(name)}</fieldset>"

    def box(self, name: str, more: str) -> str:
        checked = " checked" if self._said.get(name) == "yes" else ""
        box = f'<input type="checkbox" name="{name}" value="yes" {more}{checked}>'
        text = html.escape(self._t[name])
        return f'<div class="field check"><label>{box} {text}</label>{self.problem(name)}</div>'

    def zones(self) -> str:
        said = self._said.get("time_zone", "")
        chosen = said or "Etc/UTC"
        options = "".join(
            f"<option{' selected' if zone == chosen else ''}>{html.escape(zone)}</option>"
            for zone in sorted(available_timezones())
        )
        return (
            f'<div class="field"><label for="time_zone">{html.escape(self._t["time_zone"])}</label>'
            f'<select id="time_zone" name="time_zone"{_SAID if said else ""}'
            f"{self._described('time_zone')}>{options}</select>{self.problem('time_zone')}</div>"
        )

    def _described(self, name: str) -> str:
        return f' aria-invalid="true" aria-describedby="{name}-problem"' if name in self._problems else ""


def _camera(t: Texts) -> str:
    """Return the part that shows outlines of faces; a browser without scripts does not show it."""
    said = " ".join(
        f'data-{name.removeprefix(_OF_CAMERA)}="{html.escape(text)}"'
        for name, text in t.items()
        if name.startswith(_OF_CAMERA)
    )
    return f"""<section id="camera" aria-labelledby="camera-title" hidden {said}>
<h2 id="camera-title">{html.escape(t["camera_title"])}</h2>
<p>{html.escape(t["camera_intro"])}</p>
<p><button type="button" id="look">{html.escape(t["camera_look"])}</button></p>
<svg id="view" role="img" aria-labelledby="camera-title" aria-describedby="seen" hidden></svg>
<p id="seen" role="status"></p>
</section>"""


def _whole(language: str, body: str, script: str) -> str:
    return f"""<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(texts(language)["title"])}</title><style>{_STYLE}</style></head>
<body><main>{body}</main>{f"<script>{script}</script>" if script else ""}</body></html>
"""


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
