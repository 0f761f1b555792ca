"""One student from several teachers whose owners share no images (notebook 10).

One-shot federated learning, as in DENSE (Zhang et al. 2022, arXiv 2112.12371): each owner trains on
what is at hand and sends a network, once. All of them together are the teacher of a game.
"""

import copy
import dataclasses
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from dfad_lite import losses
from dfad_lite.data import Split


class Ensemble(nn.Module):
    """Several classifiers as one teacher: the logarithm of the mean of their probabilities.

    Not the mean of their logits: who never saw a class says so with a very negative logit, which
    would outweigh those who know it. A constant is added so that each image's logits have mean 0.
    """

    def __init__(self, networks: Sequence[nn.Module]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, images: Tensor) -> Tensor:
        """Images ``(N, C, H, W)`` to logits ``(N, classes)``."""
        said = torch.stack([network(images).log_softmax(1) for network in self.networks])
        return losses.centred(said.logsumexp(0))


def without(split: Split, classes: Sequence[int]) -> Split:
    """The split less the images of some classes, which keep their numbers."""
    kept = ~torch.isin(split.labels, torch.tensor(classes))
    return dataclasses.replace(split, images=split.images[kept], labels=split.labels[kept])


def mean_of(networks: Sequence[nn.Module]) -> nn.Module:
    """A network with the mean of the others' weights, as federated averaging makes (1602.05629)."""
    averaged = copy.deepcopy(networks[0])
    states = [network.state_dict() for network in networks]
    averaged.load_state_dict(
        {name: sum(s[name] for s in states) / len(states) for name in states[0]}
    )
    return averaged
