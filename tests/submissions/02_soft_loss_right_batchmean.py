# Right: kl_div with logarithms on both sides.
# in: ex-02-soft_loss
import torch


def soft_loss(student, teacher, temperature):
    s, t = (student / temperature).log_softmax(1), (teacher / temperature).log_softmax(1)
    kl = torch.nn.functional.kl_div(s, t, reduction="batchmean", log_target=True)
    return kl * temperature * temperature
