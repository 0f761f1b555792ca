"""How far apart teacher and student are: the objectives of the two stages.

All take logits ``(N, classes)`` or ``(N, classes, H, W)`` of any float dtype, the student's
first, and return a scalar. The imitation stage minimises one of them; the generation stage
maximises one.
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def centred(logits: Tensor) -> Tensor:
    """Logits without their mean over the classes, which softmax does not see."""
    return logits - logits.mean(dim=1, keepdim=True)


def mae(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean absolute error of the logits: the discrepancy that the paper plays for (L_IM)."""
    return (student - teacher).abs().mean()


def mse(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean squared error of the logits."""
    return F.mse_loss(student, teacher)


def kld(student: Tensor, teacher: Tensor) -> Tensor:
    """KL(teacher || student) of the softmax over dimension 1, mean over all other dimensions."""
    log_s, log_t = student.log_softmax(dim=1), teacher.log_softmax(dim=1)
    return (log_t.exp() * (log_t - log_s)).sum(dim=1).mean()


def log_mae(student: Tensor, teacher: Tensor) -> Tensor:
    """log(MAE + 1), whose gradient shrinks by 1 / (MAE + 1) (the paper's L_GEN-ADA, negated)."""
    return torch.log1p(mae(student, teacher))


def distance(name: str, student: Tensor, teacher: Tensor) -> Tensor:
    """One of the above by name.

    Raises:
        ValueError: an unknown name, or logits of different shapes.
    """
    kinds = {"mae": mae, "mse": mse, "kld": kld, "log_mae": log_mae}
    if name not in kinds:
        raise ValueError(f"{name!r} is no loss of this course: take one of {', '.join(kinds)}.")
    if student.shape != teacher.shape:
        raise ValueError(
            f"student logits have shape {tuple(student.shape)}, teacher logits "
            f"{tuple(teacher.shape)}: both networks must have the same classes and size."
        )
    return kinds[name](student, teacher)
