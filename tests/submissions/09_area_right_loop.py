# Right, pair by pair.
# in: ex-09-area


def area(thief, users):
    pairs = [(t, u) for t in thief.tolist() for u in users.tolist()]
    return sum((t > u) + 0.5 * (t == u) for t, u in pairs) / len(pairs)
