# The model follows the average.
# in: ex-08-average
# says: ex-08-average-check: the model moved
import torch


def follow(average, model, decay):
    with torch.no_grad():
        for a, w in zip(average.parameters(), model.parameters(), strict=True):
            w.lerp_(a, 1 - decay)
