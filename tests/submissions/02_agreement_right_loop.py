# Right, an image at a time.
# in: ex-02-agreement


def agreement(a, b):
    pairs = zip(a, b, strict=True)
    return sum(bool(x.argmax() == y.argmax()) for x, y in pairs) / len(a)
