# Differences cut down to whole numbers.
# in: ex-09-area
# says: ex-09-area-check: 2 of these 3 pairs


def area(thief, users):
    apart = (thief[:, None] - users[None]).int()
    return ((apart > 0).double() + (apart == 0).double() / 2).mean().item()
