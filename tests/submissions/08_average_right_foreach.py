# Right: all at once.
# in: ex-08-average
import torch


def follow(average, model, decay):
    slow, fast = list(average.parameters()), list(model.parameters())
    with torch.no_grad():
        torch._foreach_lerp_(slow, fast, 1 - decay)
