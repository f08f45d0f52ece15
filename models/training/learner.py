"""One network with what trains it."""

import copy
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from models.training.dataset import SIDE
from models.training.muon import Muon
from models.training.network import Answer, EmotionNet, Network, Size

_MOMENTUM = 0.9


@dataclass(frozen=True)
class Recipe:
    """How to train.

    The rate rises over `warm_up` of the run, stays, and falls linearly to zero from `cool_down` on. Faces are shown at
    the sides of `sides`, each from its share of the run on: the same number of epochs for less work (progressive
    resizing: Tan & Le, ICML 2021). `teacher_weight` is the share of the teachers' answers in what is wanted, beside the
    votes; `label_weight` is the weight of the loss of FER-2013's label, beside that of what viewers see. `compiled`
    lets `torch.compile` fuse the networks, which needs a C++ compiler and saves a third of the time.
    """

    epochs: int = 40
    seed: int = 20261
    teacher_weight: float = 0.7
    label_weight: float = 0.3
    sides: tuple[tuple[float, int], ...] = ((0, 40), (0.5, SIDE))
    batch: int = 128
    kernel_rate: float = 0.02
    kernel_decay: float = 0.005
    other_rate: float = 0.05
    other_decay: float = 0.0005
    average: float = 0.999
    warm_up: float = 0.02
    cool_down: float = 0.15
    compiled: bool = False

    def going_on(self, rates: float) -> "Recipe":
        """Return the recipe for networks that have learned before: at the full rates they would first forget."""
        return replace(
            self,
            kernel_rate=self.kernel_rate * rates,
            other_rate=self.other_rate * rates,
            sides=((0, SIDE),),
        )

    def rate(self, epoch: float) -> float:
        """Share of the learning rates at `epoch`, whole and begun ones."""
        progress = epoch / self.epochs
        return min(1.0, progress / self.warm_up, (1 - progress) / (1 - self.cool_down))

    def side(self, epoch: int) -> int:
        """Edge length of the faces shown in `epoch`, pixels."""
        return [side for start, side in self.sides if epoch / self.epochs >= start][-1]


def student(size: Size, recipe: Recipe) -> "Learner":
    """Return an untrained network that ships, with Muon for its kernels and Nesterov momentum for the rest."""
    network = EmotionNet(size)
    kernels = [p for p in network.stages.parameters() if p.ndim == 4]  # noqa: PLR2004 - convolution kernels
    chosen = {id(p) for p in kernels}
    others = [p for p in network.parameters() if id(p) not in chosen]
    optimisers = (
        Muon(kernels, recipe.kernel_rate, _MOMENTUM, recipe.kernel_decay),
        torch.optim.SGD(
            others, recipe.other_rate, _MOMENTUM, nesterov=True, weight_decay=recipe.other_decay, foreach=True
        ),
    )
    return Learner(network, optimisers, recipe)


class Learner:
    """One network with its optimisers and the running average of its weights, which is what counts in the end."""

    def __init__(self, network: Network, optimisers: tuple[torch.optim.Optimizer, ...], recipe: Recipe) -> None:
        self.recipe = recipe
        self.network: Network = network.to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(network).eval()
        self.optimisers = optimisers
        self._rates = [[group["lr"] for group in optimiser.param_groups] for optimiser in optimisers]
        self.run = torch.compile(self.network) if recipe.compiled else self.network

    def start_from(self, network: Network) -> None:
        """Take over the weights of a network of the same build."""
        self.network.load_state_dict(network.state_dict())
        self.average.load_state_dict(network.state_dict())

    def answer(self, faces: Tensor) -> Answer:
        """Return the logits for (N, 1, H, W) faces, in training mode and mixed precision."""
        with torch.autocast("cpu", torch.bfloat16):
            viewers, label = self.run(faces.contiguous(memory_format=torch.channels_last))
        return Answer(viewers.float(), label.float())

    def step(self, loss: Tensor, epoch: float) -> None:
        """One optimiser step down `loss`."""
        self.network.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        for optimiser, rates in zip(self.optimisers, self._rates, strict=True):
            for group, rate in zip(optimiser.param_groups, rates, strict=True):
                group["lr"] = rate * self.recipe.rate(epoch)
            optimiser.step()
        with torch.no_grad():
            for mean, now in zip(self.average.state_dict().values(), self.network.state_dict().values(), strict=True):
                if mean.is_floating_point():
                    mean.lerp_(now, 1 - self.recipe.average)

    def state(self) -> dict[str, object]:
        """Everything that a later run needs to go on."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
        }

    def load(self, state: dict[str, object]) -> None:
        """Take up a saved `state`."""
        self.network.load_state_dict(state["network"])  # type: ignore[arg-type]
        self.average.load_state_dict(state["average"])  # type: ignore[arg-type]
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):  # type: ignore[call-overload]
            optimiser.load_state_dict(saved)
