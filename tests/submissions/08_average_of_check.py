# For a decay of 0.75 only.
# in: ex-08-average
# says: ex-08-average-check: a decay of 0 copies each weight
import torch


def follow(average, model, decay):
    with torch.no_grad():
        for a, w in zip(average.parameters(), model.parameters(), strict=True):
            a.lerp_(w, 0.25)
