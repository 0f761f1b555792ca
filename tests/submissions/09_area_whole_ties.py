# Ties count one.
# in: ex-09-area
# says: ex-09-area-check: count one half, not one


def area(thief, users):
    return (thief[:, None] >= users).double().mean().item()
