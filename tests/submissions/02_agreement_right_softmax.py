# Right: a softmax changes no order.
# in: ex-02-agreement


def agreement(a, b):
    p, q = a.softmax(1), b.softmax(1)
    return float((p.argmax(-1) == q.argmax(-1)).float().mean())
