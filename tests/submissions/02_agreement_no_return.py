# Nothing comes back.
# in: ex-02-agreement
# says: ex-02-agreement-check: nothing came back


def agreement(a, b):
    (a.argmax(dim=1) == b.argmax(dim=1)).float().mean().item()
