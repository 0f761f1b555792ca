# Broadcast: each image with every other.
# in: ex-02-agreement
# says: ex-02-agreement-check: not each with every other


def agreement(a, b):
    return (a.argmax(1, keepdim=True) == b.argmax(1)).float().mean().item()
