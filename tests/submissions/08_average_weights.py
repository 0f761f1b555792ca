# Weights only.
# in: ex-08-average
# says: ex-08-average-check: weights and biases
import torch


def follow(average, model, decay):
    with torch.no_grad():
        for a, w in zip(average, model, strict=True):
            a.weight.lerp_(w.weight, 1 - decay)
