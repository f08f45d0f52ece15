"""What a classroom does to a face before the network sees it: few pixels, little light, noise, compression.

Every change keeps the target: the network should say of the damaged picture what viewers say of the good one.
"""

import math

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from edge.vision.photometry import stretch

_PLAIN = 0.5
_SHRUNK = 0.35
_SHRUNK_SIDES = (16, 42)  # pixels
_GROUPS = 4  # of a batch, each brought down to one size
_GAMMA = 0.35
_MAX_GAMMA = math.log(2.3)
_DIM = 0.25
_LEAST_GAIN = 0.12
_VEILED = 0.12
_VEIL = (40.0, 150.0)  # grey levels
_NOISY = 0.35
_MAX_NOISE = 12.0  # grey levels
_COMPRESSED = 0.25
_QUALITY = (15, 70)
_STRETCHED = 0.5


def degrade(faces: Tensor, generator: torch.Generator) -> Tensor:
    """Return damaged copies of (N, 1, H, W) float32 faces in 0-255; more than half of them stay as they are.

    Half of them are then stretched as the daemon stretches its crops.
    """
    n = len(faces)

    def chosen(share: float) -> Tensor:
        return torch.rand(n, 1, 1, 1, generator=generator) < share

    def between(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(n, 1, 1, 1, generator=generator)

    plain = chosen(_PLAIN)
    shown = _shrink(faces, chosen(_SHRUNK), generator)
    gamma = torch.exp(between(-_MAX_GAMMA, _MAX_GAMMA))
    shown = torch.where(chosen(_GAMMA), 255 * (shown / 255).clamp(0, 1) ** gamma, shown)
    gain = torch.exp(between(math.log(_LEAST_GAIN), 0))
    shown = torch.where(chosen(_DIM), shown * gain, shown)
    shown = torch.where(chosen(_VEILED), 0.25 * shown + between(*_VEIL), shown)
    noise = torch.randn(shown.shape, generator=generator) * between(0, _MAX_NOISE)
    shown = torch.where(chosen(_NOISY), shown + noise, shown).round().clamp(0, 255)
    shown = _compress(shown, chosen(_COMPRESSED).flatten(), generator)
    shown = torch.where(plain, faces, shown)
    return torch.where(chosen(_STRETCHED), stretched(shown), shown)


def stretched(faces: Tensor) -> Tensor:
    """Return (N, 1, H, W) float32 faces with the grey levels that the daemon gives to its crops."""
    crops = stretch(faces[:, 0].round().clamp(0, 255).to(torch.uint8).numpy())
    return torch.from_numpy(crops).unsqueeze(1).float()


def _shrink(faces: Tensor, chosen: Tensor, generator: torch.Generator) -> Tensor:
    low, high = _SHRUNK_SIDES
    side = faces.shape[2:]
    small = faces.clone()
    for rows in torch.arange(len(faces)).chunk(_GROUPS):
        pixels = int(torch.randint(low, high + 1, (1,), generator=generator))
        few = functional.interpolate(faces[rows], (pixels, pixels), mode="bilinear", antialias=True)
        small[rows] = functional.interpolate(few, side, mode="bilinear")
    return torch.where(chosen, small, faces)


def _compress(faces: Tensor, chosen: Tensor, generator: torch.Generator) -> Tensor:
    for row in chosen.nonzero().flatten().tolist():
        quality = int(torch.randint(*_QUALITY, (1,), generator=generator))
        pixels = faces[row, 0].numpy().astype(np.uint8)
        _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
        faces[row, 0] = torch.from_numpy(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)).float()
    return faces
