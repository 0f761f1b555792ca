# Right, by torch's function.
# in: ex-02-soft_loss
import torch


def soft_loss(student, teacher, temperature):
    log_s = torch.log_softmax(student / temperature, 1)
    p = torch.softmax(teacher / temperature, 1)
    return temperature**2 * torch.nn.functional.kl_div(log_s, p, reduction="batchmean")
