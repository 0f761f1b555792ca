# Sorted, then compared place by place.
# in: ex-09-area
# says: ex-09-area-check: compare ALL pairs, each thief's with each us
def area(thief, users):
    a, b = thief.sort().values, users.sort().values
    n = min(len(a), len(b))
    return ((a[:n] > b[:n]).double() + (a[:n] == b[:n]).double() / 2).mean().item()
