# kl_div on probabilities, which wants logarithms.
# in: ex-02-soft_loss
# says: ex-02-soft_loss-check: kl_div got no logarithms
import torch


def soft_loss(student, teacher, temperature):
    s, t = (student / temperature).softmax(1), (teacher / temperature).softmax(1)
    return temperature**2 * torch.nn.functional.kl_div(s, t, reduction="batchmean")
