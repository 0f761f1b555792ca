# Compares logits, within 1.
# in: ex-02-agreement
# says: ex-02-agreement-check: compare the classes they name


def agreement(a, b):
    return ((a - b).abs() < 1).float().mean().item()
