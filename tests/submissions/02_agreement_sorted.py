# The named classes sorted, so that their order is lost.
# in: ex-02-agreement
# says: ex-02-agreement-check: compare image by image
def agreement(a, b):
    return (a.argmax(1).sort().values == b.argmax(1).sort().values).float().mean().item()
