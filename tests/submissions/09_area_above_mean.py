# Larger than the users' mean.
# in: ex-09-area
# says: ex-09-area-check: not with the middle of the users


def area(thief, users):
    return (thief > users.mean()).double().mean().item()
