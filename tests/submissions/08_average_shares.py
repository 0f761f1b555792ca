# The parameters themselves are shared.
# in: ex-08-average
# says: ex-08-average-check: a copy, not the model's own
import torch


def follow(average, model, decay):
    with torch.no_grad():
        for a, w in zip(average.modules(), model.modules(), strict=True):
            if isinstance(a, torch.nn.Linear):
                a.weight, a.bias = w.weight, w.bias
