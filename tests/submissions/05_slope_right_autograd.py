# Right, by autograd.
# in: ex-05-slope
import torch


def pull(gap):
    a = torch.tensor(gap, dtype=torch.float64, requires_grad=True)
    torch.log(a + 1).backward()
    return a.grad.item()
