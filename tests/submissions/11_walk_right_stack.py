# Right, a step at a time.
# in: ex-11-walk
import math

import torch


def walk(a, b, steps):
    alphas = [math.pi / 2 * step / (steps - 1) for step in range(steps)]
    return torch.stack([math.cos(alpha) * a + math.sin(alpha) * b for alpha in alphas])
