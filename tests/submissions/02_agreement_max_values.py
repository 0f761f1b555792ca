# The largest values, not their classes.
# in: ex-02-agreement
# says: ex-02-agreement-check: compare the classes they name


def agreement(a, b):
    return (a.amax(dim=1) == b.amax(dim=1)).float().mean().item()
