# Right, by lerp.
# in: ex-08-average
import torch


def follow(average, model, decay):
    with torch.no_grad():
        for a, w in zip(average.parameters(), model.parameters(), strict=True):
            a.lerp_(w, 1 - decay)
