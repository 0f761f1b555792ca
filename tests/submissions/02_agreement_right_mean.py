# Right, in double precision.
# in: ex-02-agreement


def agreement(a, b):
    same = a.argmax(dim=1) == b.argmax(dim=1)
    return same.double().mean().item()
