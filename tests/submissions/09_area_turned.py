# The other way round.
# in: ex-09-area
# says: ex-09-area-check: the other way round


def area(thief, users):
    larger, equal = users[:, None] > thief, users[:, None] == thief
    return (larger.double() + equal.double() / 2).mean().item()
