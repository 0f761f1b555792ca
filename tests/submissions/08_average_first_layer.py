# The first layer only.
# in: ex-08-average
# says: ex-08-average-check: weights and biases
import torch


def follow(average, model, decay):
    with torch.no_grad():
        for a, w in zip(average[0].parameters(), model[0].parameters(), strict=True):
            a.lerp_(w, 1 - decay)
