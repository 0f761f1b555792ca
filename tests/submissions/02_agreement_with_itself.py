# The student is never asked.
# in: ex-02-agreement
# says: ex-02-agreement-check: compare a with b


def agreement(a, b):
    return (a.argmax(dim=1) == a.argmax(dim=1)).float().mean().item()
