# Only tensors of the first layer and the last bias.
# in: ex-08-average
# says: ex-08-average-check: all parameters follow, weights and biases: {
import torch


def follow(average, model, decay):
    with torch.no_grad():
        pairs = list(zip(average.parameters(), model.parameters(), strict=True))
        for a, w in pairs[:2] + pairs[-1:]:
            a.mul_(decay).add_(w, alpha=1 - decay)
