"""The second answer: whether the window that a cascade proposes shows a face at all.

A small branch looks at the maps of the trained emotion network, which stays as it is: the emotions of a model with the
branch are those of the model without it, to the bit. It learns from FER-2013's faces, moved and blurred as cascades
and cameras do, against what cascades find in pictures without people (`negatives`), against parts of faces, and against
faces that the window misses or that only stand in a corner of it.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track
from torch import Tensor, nn
from torch.nn import functional

from models.training.augment import augment
from models.training.dataset import SIDE
from models.training.degrade import degrade
from models.training.network import EmotionNet, Size

BRANCH_STAGE = 1  # maps of 12x12
_EXAMPLES = 32_768
_EPOCHS = 6
_DROPOUT = 0.3
_BATCH = 256
_RATE = 3e-3
_DECAY = 1e-2
_PART_SIDES = (0.25, 0.5)  # of the face's side: such a window overlaps the face by a quarter at most
_SMALL_SIDES = (0.25, 0.42)  # of the window's side: likewise
_MISSED_SHIFTS = (0.7, 0.9)  # of the window's side: likewise
_SMOOTHING = 0.02
_SEED = 7


class FaceHead(nn.Module):
    """From the maps of an `EmotionNet` to one logit, (N, 1)."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        narrow, wide = size.branch
        # Without the two dropouts twice as many false windows stay: it learns these very wallpapers by heart.
        self.branch = nn.Sequential(
            nn.Dropout2d(_DROPOUT),
            nn.Conv2d(size.stages[BRANCH_STAGE].width, narrow, 3, 2, 1, bias=False),
            nn.BatchNorm2d(narrow),
            nn.ReLU(),
            nn.Conv2d(narrow, wide, 3, 2, 1, bias=False),
            nn.BatchNorm2d(wide),
            nn.ReLU(),
        )
        self.dropout = nn.Dropout(_DROPOUT)
        self.logit = nn.Linear(wide, 1)

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Return the logit of being a face."""
        return self.judge(maps[BRANCH_STAGE])

    def judge(self, maps: Tensor) -> Tensor:
        """Return the same from the maps of the branch's stage alone."""
        logit: Tensor = self.logit(self.dropout(self.branch(maps).mean((2, 3))))
        return logit


class Known(NamedTuple):
    """Faces for the face output.

    Attributes:
        images: (N, 48, 48) uint8.
        emotion: (N,) int64, what most viewers see; each is shown as often as any other, so that none is dropped more.

    """

    images: NDArray[np.uint8]
    emotion: Tensor


def train_face_head(network: EmotionNet, size: Size, known: Known, windows: NDArray[np.uint8], out: Path) -> FaceHead:
    """Return the trained head, which is also kept in `out`; where `out` exists it is only loaded.

    Args:
        network: trained; not changed.
        size: of the network.
        known: faces.
        windows: (M, 48, 48) uint8, none of them a face.
        out: file of the trained head.

    """
    torch.manual_seed(_SEED)
    head = FaceHead(size)
    if out.exists():
        head.load_state_dict(torch.load(out, weights_only=True))
        return head.eval()
    generator = torch.Generator().manual_seed(_SEED)
    maps, wanted = _examples(network.eval(), known, windows, generator)
    batches = len(wanted) // _BATCH
    optimiser = torch.optim.AdamW(head.parameters(), lr=_RATE, weight_decay=_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=_EPOCHS * batches)
    head.train()
    for _ in track(range(_EPOCHS), "not a face"):
        for rows in torch.randperm(len(wanted), generator=generator).split(_BATCH)[:batches]:
            logits = head.judge(maps[rows].float())[:, 0]
            loss = functional.binary_cross_entropy_with_logits(logits, wanted[rows])
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
    torch.save(head.state_dict(), out)
    return head.eval()


def _examples(
    network: EmotionNet, known: Known, windows: NDArray[np.uint8], generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Return, of faces and as many others, the maps that the branch sees, and what is wanted."""
    positives, negatives = torch.from_numpy(known.images).unsqueeze(1), torch.from_numpy(windows).unsqueeze(1)
    weights = (1 / known.emotion.bincount().clamp(min=1).float())[known.emotion]
    half = _BATCH // 2
    maps = []
    for _ in track(range(_EXAMPLES // _BATCH), "examples of both"):
        real = positives[torch.multinomial(weights, half, replacement=True, generator=generator)].float()
        other = negatives[torch.randint(len(negatives), (half,), generator=generator)].float()
        inside, beside = positives[torch.randint(len(positives), (half // 4,), generator=generator)].chunk(2)
        other[: len(inside)] = _parts(inside, generator)
        other[-len(beside) :] = _misplaced(beside, other[-len(beside) :], generator)
        shown = degrade(augment(torch.cat([real, other]), SIDE, generator), generator)
        with torch.no_grad():
            seen = network.features(shown.contiguous(memory_format=torch.channels_last))
        maps.append(seen[BRANCH_STAGE].half())  # half the memory: 14 kB a window
    wanted = torch.cat([torch.full((half,), 1 - _SMOOTHING), torch.full((half,), _SMOOTHING)])
    return torch.cat(maps), wanted.repeat(len(maps))


def _parts(faces: Tensor, generator: torch.Generator) -> Tensor:
    """Return an eye, a cheek, a mouth: too small a part of a face to be one, (N, 1, 48, 48)."""
    n = len(faces)
    low, high = _PART_SIDES
    side = low + (high - low) * torch.rand(n, generator=generator)
    centre = (torch.rand(n, 2, generator=generator) * 2 - 1) * (1 - side[:, None])
    zero = torch.zeros(n)
    rows = torch.stack([torch.stack([side, zero, centre[:, 0]], 1), torch.stack([zero, side, centre[:, 1]], 1)], 1)
    grid = functional.affine_grid(rows, [n, 1, SIDE, SIDE], align_corners=False)
    return functional.grid_sample(faces.float(), grid, align_corners=False)


def _misplaced(faces: Tensor, scenes: Tensor, generator: torch.Generator) -> Tensor:
    """Return `scenes` with a face that is far too small, or most of which lies outside, (N, 1, 48, 48)."""
    n = len(faces)
    small = torch.rand(n, generator=generator) < 0.5  # noqa: PLR2004 - either way
    low, high = _SMALL_SIDES
    side = torch.where(small, low + (high - low) * torch.rand(n, generator=generator), 1.0)
    anywhere = (torch.rand(n, 2, generator=generator) * 2 - 1) * (1 - side[:, None])
    low, high = _MISSED_SHIFTS
    angle = torch.rand(n, generator=generator) * 2 * torch.pi
    away = torch.stack([torch.cos(angle), torch.sin(angle)], 1)
    away = away / away.abs().amax(1, keepdim=True) * 2 * (low + (high - low) * torch.rand(n, 1, generator=generator))
    centre = torch.where(small[:, None], anywhere, away)
    zero = torch.zeros(n)
    rows = torch.stack(
        [
            torch.stack([1 / side, zero, -centre[:, 0] / side], 1),
            torch.stack([zero, 1 / side, -centre[:, 1] / side], 1),
        ],
        1,
    )
    grid = functional.affine_grid(rows, [n, 1, SIDE, SIDE], align_corners=False)
    inside = (grid.abs() <= 1).all(-1)[:, None]
    return torch.where(inside, functional.grid_sample(faces.float(), grid, align_corners=False), scenes)
