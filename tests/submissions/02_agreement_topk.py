# One class among the best two of the other.
# in: ex-02-agreement
# says: ex-02-agreement-check: compare image by image
def agreement(a, b):
    best = b.topk(2, dim=1).indices
    return (a.argmax(dim=1, keepdim=True) == best).any(dim=1).float().mean().item()
