# Two steps.
# in: ex-08-average
# says: ex-08-average-check: 0.75 + 0.25 * 3
import torch


def follow(average, model, decay):
    with torch.no_grad():
        for _ in range(2):
            for a, w in zip(average.parameters(), model.parameters(), strict=True):
                a.lerp_(w, 1 - decay)
