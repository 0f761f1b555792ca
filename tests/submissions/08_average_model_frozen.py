# The model is frozen for good.
# in: ex-08-average
# says: ex-08-average-check: the model can learn no more
import torch


def follow(average, model, decay):
    model.requires_grad_(False)
    with torch.no_grad():
        for a, w in zip(average.parameters(), model.parameters(), strict=True):
            a.mul_(decay).add_((1 - decay) * w)
