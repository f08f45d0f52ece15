"""Label-preserving changes of a batch of faces: mirror, small affine motion, brightness and contrast."""

import math

import torch
from torch import Tensor
from torch.nn import functional

_MIRRORED = 0.5
_MAX_ROTATION = math.radians(10)
_MAX_SHIFT = 0.1  # of half the picture's side
_MAX_ZOOM = 0.1
_MAX_CONTRAST = 0.2
_MAX_BRIGHTNESS = 25.0  # grey levels


def augment(faces: Tensor, generator: torch.Generator) -> Tensor:
    """Return a changed copy of `faces`, (N, 1, 48, 48) float32 in 0-255; same shape and range."""
    n = faces.shape[0]

    def uniform(limit: float) -> Tensor:
        return (torch.rand(n, generator=generator) * 2 - 1) * limit

    angle, zoom = uniform(_MAX_ROTATION), 1 + uniform(_MAX_ZOOM)
    mirror = torch.where(torch.rand(n, generator=generator) < _MIRRORED, -1.0, 1.0)
    cosine, sine = torch.cos(angle) * zoom, torch.sin(angle) * zoom
    rows = [
        torch.stack([cosine * mirror, -sine, uniform(_MAX_SHIFT)], 1),
        torch.stack([sine * mirror, cosine, uniform(_MAX_SHIFT)], 1),
    ]
    grid = functional.affine_grid(torch.stack(rows, 1), list(faces.shape), align_corners=False)
    moved = functional.grid_sample(faces, grid, padding_mode="border", align_corners=False)
    contrast = (1 + uniform(_MAX_CONTRAST)).view(n, 1, 1, 1)
    brightness = uniform(_MAX_BRIGHTNESS).view(n, 1, 1, 1)
    return ((moved - 128) * contrast + 128 + brightness).clamp(0, 255)
