# KL(student || teacher).
# in: ex-02-soft_loss
# says: ex-02-soft_loss-check: the teacher is p
import torch


def soft_loss(student, teacher, temperature: float) -> torch.Tensor:
    log_s = (student / temperature).log_softmax(dim=1)
    log_t = (teacher / temperature).log_softmax(dim=1)
    return temperature**2 * (log_s.exp() * (log_s - log_t)).sum(dim=1).mean()
