# Compares logits.
# in: ex-02-agreement
# says: ex-02-agreement-check: compare the classes they name


def agreement(a, b):
    return (a == b).float().mean().item()
