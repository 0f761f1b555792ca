# A local name is bound anew; nothing moves.
# in: ex-08-average
# says: ex-08-average-check: in place
import torch


def follow(average, model, decay):
    with torch.no_grad():
        for a, w in zip(average.parameters(), model.parameters(), strict=True):
            a = decay * a + (1 - decay) * w
