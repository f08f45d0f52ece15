"""Faces as outlines: an SVG that links to a picture and draws over it, so this package never writes a pixel."""

from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from edge.vision.pipeline import Face

_STROKE = "#ffd400"


def svg(picture: Path, width: int, height: int, faces: Sequence[Face]) -> str:
    """Return an SVG of `width` x `height` pixels with a labelled box for each face over a link to `picture`."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
        f"<title>{escape(picture.name)}: {len(faces)} faces</title>",
        f'<image href={quoteattr(picture.as_uri())} width="{width}" height="{height}"/>',
    ]
    size = max(12, width // 80)
    for face in faces:
        x, y, w, h = face.box
        box = f'x="{x}" y="{y}" width="{w}" height="{h}"'
        font = f'font-family="sans-serif" font-size="{size}"'
        halo = f'stroke="#000" stroke-width="{size / 6:.1f}" paint-order="stroke"'
        parts.append(f'<rect {box} fill="none" stroke="{_STROKE}" stroke-width="{size // 5}"/>')
        parts.append(f'<text x="{x}" y="{y + h + size}" {font} fill="{_STROKE}" {halo}>{escape(face.label)}</text>')
    return "\n".join([*parts, "</svg>\n"])
