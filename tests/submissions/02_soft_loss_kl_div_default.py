# kl_div's own mean, over classes as well.
# in: ex-02-soft_loss
# says: ex-02-soft_loss-check: sum over the classes
import torch


def soft_loss(student, teacher, temperature):
    s, t = (student / temperature).log_softmax(1), (teacher / temperature).softmax(1)
    return temperature**2 * torch.nn.functional.kl_div(s, t)
