# The factor is the temperature, not its square.
# in: ex-02-soft_loss
# says: ex-02-soft_loss-check: the temperature squared, not
import torch


def soft_loss(student, teacher, temperature: float) -> torch.Tensor:
    log_s = (student / temperature).log_softmax(dim=1)
    log_t = (teacher / temperature).log_softmax(dim=1)
    return temperature * (log_t.exp() * (log_t - log_s)).sum(dim=1).mean()
