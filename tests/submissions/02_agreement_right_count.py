# Right, by counting.
# in: ex-02-agreement


def agreement(a, b):
    same = (a.max(dim=1).indices == b.max(dim=1).indices).sum().item()
    return same / len(a)
