# Above the median of the users.
# in: ex-09-area
# says: ex-09-area-check: compare each pair: not with the middle of th
def area(thief, users):
    return (thief > users.median()).double().mean().item()
