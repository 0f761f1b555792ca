# The mean of all weights of the model.
# in: ex-08-average
# says: ex-08-average-check: a decay of 0 copies each weight
import torch


def follow(average, model, decay):
    with torch.no_grad():
        for a, w in zip(average.parameters(), model.parameters(), strict=True):
            a.mul_(decay).add_((1 - decay) * w.mean())
