# Weights only.
# in: ex-08-average
# says: ex-08-average-check: weights and biases
import torch


def follow(average, model, decay):
    new = dict(model.named_parameters())
    with torch.no_grad():
        for name, a in average.named_parameters():
            if "weight" in name:
                a.lerp_(new[name], 1 - decay)
