# decay and 1 - decay are swapped.
# in: ex-08-average
# says: ex-08-average-check: the wrong way round
import torch


def follow(average, model, decay):
    with torch.no_grad():
        for a, w in zip(average.parameters(), model.parameters(), strict=True):
            a.mul_(1 - decay).add_(w, alpha=decay)
