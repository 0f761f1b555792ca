# One answer an image.
# in: ex-02-agreement
# says: ex-02-agreement-check: return a plain number


def agreement(a, b):
    return a.argmax(dim=1) == b.argmax(dim=1)
