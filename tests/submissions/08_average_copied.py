# Copied whole.
# in: ex-08-average
# says: ex-08-average-check: only a part of the way
import torch


def follow(average, model, decay):
    with torch.no_grad():
        for a, w in zip(average.parameters(), model.parameters(), strict=True):
            a.copy_(w)
