"""The same game against a teacher that one may only ask: model extraction, and how to notice it.

Whoever has only a service's answers has no gradients through the teacher. The thief's generator
then follows a gradient measured by asking again close by (Truong et al. 2021, arXiv 2011.14779).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dfad_lite.distill import Game

ANSWERS = ("weights", "logits", "probabilities", "rounded", "labels")


def answered(kind: str, logits: Tensor) -> Tensor:
    """What a service says: logits ``(N, classes)``, probabilities, those in percent, or labels.

    Raises:
        ValueError: an unknown kind.
    """
    if kind in ("weights", "logits"):
        return logits
    if kind == "probabilities":
        return logits.softmax(1)
    if kind == "rounded":  # to two decimals, as many a service prints them
        return logits.softmax(1).mul(100).round().div(100)
    if kind == "labels":
        return F.one_hot(logits.argmax(1), logits.shape[1]).to(logits.dtype)
    raise ValueError(f"answers={kind!r} is unknown: take one of {', '.join(ANSWERS)}.")


class Extraction(Game):
    """DFAD without the teacher's gradients, and with no more than its answers of one kind.

    * ``logits``: as in DFAD;
    * ``probabilities``: log p is the logits less a constant, so the student imitates log p;
    * ``rounded`` and ``labels``: the cross-entropy with the answer, for log 0 can't be imitated.

    The gap's slope along ``PROBES`` random directions stands for its gradient at an image, at the
    price of as many more questions; 0 leaves only the student's own gradient.
    """

    ANSWERS, PROBES, STEP = "logits", 1, 0.01

    def imitation_objective(self, images: Tensor, wanted: Tensor) -> Tensor:
        return self.gaps(self.student(images), wanted).mean()

    def generation_objective(self, images: Tensor, z: Tensor) -> Tensor:
        with torch.no_grad():  # a service answers; nothing flows back through it
            wanted = self.teacher(images)
        if not self.PROBES:
            return self.gaps(self.student(images), wanted).mean()
        slope = torch.zeros_like(images)
        with torch.no_grad():
            here = self.gaps(self.student(images), wanted)
            for _ in range(self.PROBES):
                way = self.draw(*images.shape[1:])
                near = images + self.STEP * way
                rise = self.gaps(self.student(near), self.teacher(near)) - here
                slope += (rise / self.STEP / self.PROBES).view(-1, 1, 1, 1) * way
        # A number with the mean gap's value, and the measured slope as its gradient.
        uphill = (images * slope).sum() / len(images)
        return here.mean() + uphill - uphill.detach()

    def _precision(self) -> torch.autocast:
        return torch.autocast(self.device.type, enabled=False)  # bf16 would drown the slope

    def gaps(self, learnt: Tensor, wanted: Tensor) -> Tensor:
        """How far the student's logits are from each answer, ``(N,)``; both ``(N, classes)``."""
        said = answered(self.ANSWERS, wanted)
        if self.ANSWERS == "logits":
            return (learnt - said).abs().mean(1)
        if self.ANSWERS == "probabilities":
            floor = torch.finfo(said.dtype).tiny  # a probability may be too small for the dtype
            return (learnt.log_softmax(1) - said.clamp_min(floor).log()).abs().mean(1)
        return F.cross_entropy(learnt, said, reduction="none")


def thief(answers: str, *, probes: int = 1) -> type[Game]:
    """The game of a thief who gets answers of one kind; ``weights`` is DFAD itself.

    Raises:
        ValueError: an unknown kind.
    """
    answered(answers, torch.zeros(1, 2))  # unknown kinds stop here
    if answers == "weights":
        return Game
    return type("Thief", (Extraction,), {"ANSWERS": answers, "PROBES": probes})


def roughness(images: Tensor) -> Tensor:
    """How uneven each image is: ``(N,)``, 0 for a flat one, about 2 for noise.

    Mean squared difference of neighbouring pixels over the image's variance; no scale of
    brightness or contrast changes it.
    """
    down, right = (images.diff(dim=d).pow(2).flatten(1).mean(1) for d in (2, 3))
    return (down + right) / 2 / images.flatten(1).var(1, correction=0).clamp_min(1e-12)


@torch.inference_mode()
def suspicion(teacher: nn.Module, images: Tensor) -> dict[str, Tensor]:
    """Two numbers a service can take of each query ``(N, C, H, W)``, ``(N,)`` each."""
    return {"roughness": roughness(images), "confidence": teacher(images).softmax(1).amax(1)}


def separability(of_thief: Tensor, of_users: Tensor) -> float:
    """How well one number tells thieves' queries from users': the area under the ROC curve.

    The chance that a thief's query has the larger number, or the smaller one if that is more
    telling: 0.5 says nothing, 1 everything.
    """
    from sklearn.metrics import roc_auc_score  # seconds to import, for this one function

    theirs = torch.cat([torch.ones(len(of_thief)), torch.zeros(len(of_users))])
    area = float(roc_auc_score(theirs, torch.cat([of_thief, of_users])))
    return max(area, 1 - area)


def class_resemblance(
    samples: Tensor, answers: Tensor, images: Tensor, labels: Tensor, classes: int
) -> Tensor:
    """Correlation of each class's mean sample with its mean real image, ``(classes,)``.

    The teacher sees the class ``answers`` ``(N,)`` in samples ``(N, C, H, W)``; the real images
    ``(M, C, H, W)`` have ``labels`` ``(M,)``. nan for a class that it sees in no sample.
    """
    made = torch.stack([samples[answers == c].mean(0).flatten() for c in range(classes)])
    real = torch.stack([images[labels == c].mean(0).flatten() for c in range(classes)])
    # Less the mean over all classes, which says nothing of one.
    return F.cosine_similarity(made - made.nanmean(0), real - real.mean(0))


def nearest(samples: Tensor, images: Tensor) -> Tensor:
    """Distance of each sample ``(N, C, H, W)`` to the nearest of ``images``, a pixel: ``(N,)``."""
    distances = torch.cdist(samples.flatten(1), images.flatten(1))
    return distances.amin(1) / samples[0].numel() ** 0.5
