# The numbers given are sorted in place.
# in: ex-09-area
# says: ex-09-area-check: what was given has changed


def area(thief, users):
    thief[:] = thief.sort().values
    apart = thief[:, None] - users[None]
    return ((apart > 0).double() + (apart == 0).double() / 2).mean().item()
