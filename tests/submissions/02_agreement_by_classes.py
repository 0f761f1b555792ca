# Divided by the classes, not by the images.
# in: ex-02-agreement
# says: ex-02-agreement-check: divide by the number of images


def agreement(a, b):
    return (a.argmax(dim=1) == b.argmax(dim=1)).sum().item() / a.shape[1]
