# Added without shrinking.
# in: ex-08-average
# says: ex-08-average-check: 0.75 + 0.25 * 3 is 1.5; you have {'0.weight'
import torch


def follow(average, model, decay):
    with torch.no_grad():
        for a, w in zip(average.parameters(), model.parameters(), strict=True):
            a.add_(w, alpha=1 - decay)
