"""Label-preserving changes of a batch of faces: mirror, affine motion, contrast, an erased patch; and the size."""

import math

import torch
from torch import Tensor
from torch.nn import functional

_MIRRORED = 0.5
_MAX_ROTATION = math.radians(15)
_MAX_SHIFT = 0.12  # of half the picture's side
_MAX_ZOOM_OUT = 0.21  # a Haar box is 0.72 to 1.21 times as wide as the face
_MAX_ZOOM_IN = 0.28
_MAX_STRETCH = 0.06
_MAX_CONTRAST = 0.3
_MAX_BRIGHTNESS = 25.0  # grey levels
_ERASED = 0.25  # of the pictures (Zhong et al., AAAI 2020)
_ERASED_SIDES = (0.1, 0.4)  # of the picture's side


def augment(faces: Tensor, side: int, generator: torch.Generator) -> Tensor:
    """Return changed copies of `faces`: mirrored, moved, and partly erased.

    Args:
        faces: (N, 1, 48, 48) float32 in 0-255.
        side: edge length of the result; less than 48 is cheaper to train on.
        generator: source of all chance.

    Returns:
        (N, 1, side, side) float32 in 0-255.

    """
    return erase(move(faces, side, generator), generator)


def move(faces: Tensor, side: int, generator: torch.Generator, share: Tensor | float = 1.0) -> Tensor:
    """Return mirrored and moved copies of `faces`; shapes as in `augment`.

    `share`, one or (N,), is how much of the greatest changes may happen.
    """
    n = faces.shape[0]

    def uniform(limit: float) -> Tensor:
        return (torch.rand(n, generator=generator) * 2 - 1) * limit * share

    angle, size = uniform(_MAX_ROTATION), uniform(1)
    zoom = 1 + torch.where(size > 0, size * _MAX_ZOOM_OUT, size * _MAX_ZOOM_IN)
    zoom_x = zoom * (1 + uniform(_MAX_STRETCH))
    mirror = torch.where(torch.rand(n, generator=generator) < _MIRRORED, -1.0, 1.0)
    cosine, sine = torch.cos(angle), torch.sin(angle)
    rows = [
        torch.stack([cosine * zoom_x * mirror, -sine * zoom, uniform(_MAX_SHIFT)], 1),
        torch.stack([sine * zoom_x * mirror, cosine * zoom, uniform(_MAX_SHIFT)], 1),
    ]
    grid = functional.affine_grid(torch.stack(rows, 1), [n, 1, side, side], align_corners=False)
    moved = functional.grid_sample(faces, grid, padding_mode="border", align_corners=False)
    contrast = (1 + uniform(_MAX_CONTRAST)).view(n, 1, 1, 1)
    brightness = uniform(_MAX_BRIGHTNESS).view(n, 1, 1, 1)
    return ((moved - 128) * contrast + 128 + brightness).clamp(0, 255)


def erase(faces: Tensor, generator: torch.Generator) -> Tensor:
    """Return `faces`, a quarter of them with a grey patch."""
    n, _, height, width = faces.shape

    def covered(pixels: int) -> Tensor:
        low, high = _ERASED_SIDES
        extent = low + (high - low) * torch.rand(n, 1, generator=generator)
        centre = torch.rand(n, 1, generator=generator)
        return ((torch.arange(pixels) + 0.5) / pixels - centre).abs() < extent / 2

    chosen = torch.rand(n, 1, 1, generator=generator) < _ERASED
    patch = covered(height)[:, :, None] & covered(width)[:, None, :] & chosen
    grey = torch.rand(n, 1, 1, 1, generator=generator) * 255
    return torch.where(patch[:, None], grey, faces)
