# Right, as cross-entropy less entropy.
# in: ex-02-soft_loss
import torch


def soft_loss(student, teacher, temperature):
    p = (teacher / temperature).softmax(1)
    cross = torch.nn.functional.cross_entropy(student / temperature, p)
    own = torch.special.entr(p).sum(1).mean()
    return temperature**2 * (cross - own)
