# Only the outermost layers, by name.
# in: ex-08-average
# says: ex-08-average-check: layers may hold layers
import torch


def follow(average, model, decay):
    with torch.no_grad():
        for a, w in zip(average, model, strict=True):
            a.weight.copy_(decay * a.weight + (1 - decay) * w.weight)
            a.bias.copy_(decay * a.bias + (1 - decay) * w.bias)
