# Rounded to a whole number.
# in: ex-02-agreement
# says: ex-02-agreement-check: use dim=1 in each argmax, and compare a with
def agreement(a, b):
    return round((a.argmax(dim=1) == b.argmax(dim=1)).float().mean().item())
