# Larger than all users.
# in: ex-09-area
# says: ex-09-area-check: the largest of the users


def area(thief, users):
    return (thief > users.max()).double().mean().item()
