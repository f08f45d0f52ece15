"""Scenes without people, in which something else changes."""

from functools import cache

import cv2
import numpy as np

from edge.camera.sources.base import Luma
from tests.support.scenes import SECONDS, WIDTH, Scene, noisy, recorded, room


def empty() -> Scene:
    """Nobody, and nothing that moves."""
    return noisy(lambda _now: (room(), 0))


def daylight() -> Scene:
    """Nobody; in a minute a cloud takes 40 % of the light at the window and 15 % at the other side of the room."""
    across = np.linspace(0.4, 0.15, WIDTH, dtype=np.float32)

    def at(now: float) -> tuple[Luma, int]:
        cloud = (1 - np.cos(np.pi * now / SECONDS)) / 2
        return recorded(room() * (1 - cloud * across), now), 0

    return at


def projector() -> Scene:
    """Nobody; a projector on the wall shows another slide of text or a chart every four seconds."""
    left, top, width, height = 520, 90, 560, 330

    def at(now: float) -> tuple[Luma, int]:
        picture = room().copy()
        slide = _slide(int(now // 4), width, height)
        wall = picture[top : top + height, left : left + width]
        wall[:] = np.clip(0.45 * wall + 0.55 * slide, 0, 255)
        return picture, 0

    return noisy(at)


@cache
def _slide(number: int, width: int, height: int) -> Luma:
    """Return a slide with a title and either lines of words or a bar chart."""
    generator = np.random.default_rng(number)
    slide = np.full((height, width), generator.choice((250, 235, 40)), np.uint8)
    ink = 20 if slide[0, 0] > 100 else 240
    cv2.putText(slide, f"Chapter {number + 1}", (30, 60), cv2.FONT_HERSHEY_DUPLEX, 1.5, (ink,), 3, cv2.LINE_AA)
    if number % 2:
        for column in range(8):
            bar = int(generator.integers(30, height - 120))
            left = 40 + column * (width - 80) // 8
            shade = int(generator.integers(60, 200))
            cv2.rectangle(slide, (left, height - 30 - bar), (left + 40, height - 30), (shade,), cv2.FILLED)
        return slide
    for line in range(6):
        x = 40
        while x < width - 90:
            word = int(generator.integers(20, 80))
            cv2.line(slide, (x, 110 + 36 * line), (x + word, 110 + 36 * line), (ink,), 8)
            x += word + 16
    return slide


def fan() -> Scene:
    """Nobody; a table fan of 140 pixels turns, its blades blurred."""
    x, y, radius = 980, 470, 70

    def at(now: float) -> tuple[Luma, int]:
        picture = room().copy()
        cv2.line(picture, (x, y), (x, y + 150), (60,), 12, cv2.LINE_AA)
        cv2.ellipse(picture, (x, y + 150), (50, 12), 0, 0, 360, (60,), cv2.FILLED, cv2.LINE_AA)
        blades = picture.astype(np.float32)
        for blade in range(3):
            middle = 360 * 2.3 * now + 120 * blade
            for blur in range(-18, 19, 6):
                painted, begin, end = picture.copy(), middle + blur - 25, middle + blur + 25
                cv2.ellipse(painted, (x, y), (radius, radius), 0, begin, end, (90,), cv2.FILLED, cv2.LINE_AA)
                blades += (painted.astype(np.float32) - picture) / 7
        moved = np.clip(np.rint(blades), 0, 255).astype(np.uint8)
        cv2.circle(moved, (x, y), radius + 4, (50,), 3, cv2.LINE_AA)
        cv2.circle(moved, (x, y), 12, (50,), cv2.FILLED, cv2.LINE_AA)
        return moved, 0

    return noisy(at)


def rain() -> Scene:
    """Nobody; rain runs down a window of 330 x 400 pixels."""
    left, top, width, height = 700, 60, 330, 400

    def at(now: float) -> tuple[Luma, int]:
        picture = room().copy()
        pane = np.linspace(190, 130, height, dtype=np.float32)[:, None] * np.ones(width, np.float32)
        generator = np.random.default_rng(round(1000 * now))
        for _ in range(140):
            x, y, length = (int(generator.integers(0, most)) for most in (width, height, 60))
            shade = float(generator.choice((70, 110, 225)))
            cv2.line(pane, (x, y), (x + 2, y + 8 + length), (shade,), 2, cv2.LINE_AA)
        blurred = np.asarray(cv2.GaussianBlur(pane, (0, 0), 0.8), np.float32)
        for bar in (0, width // 2 - 5, width - 10):
            blurred[:, bar : bar + 10] = 240
        picture[top : top + height, left : left + width] = blurred
        return picture, 0

    return noisy(at)
