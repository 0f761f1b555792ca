# For a decay of 0.75 only.
# in: ex-08-average
# says: ex-08-average-check: with a decay of 1 nothing moves
import torch


def follow(average, model, decay):
    with torch.no_grad():
        for a, w in zip(average.parameters(), model.parameters(), strict=True):
            a.lerp_(w, 0.25)
