# Ties count nothing.
# in: ex-09-area
# says: ex-09-area-check: count one half, not nothing


def area(thief, users):
    return (thief[:, None] > users).double().mean().item()
