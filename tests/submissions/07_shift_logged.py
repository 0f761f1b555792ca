# Means compared by the logarithm of their ratio.
# in: ex-07-shift
# says: ex-07-shift-check: 1.25 is right, and you have 0.8047
def mean_shift(maps, mean, variance):
    own = maps.mean(dim=(0, 2, 3))
    return (own / mean).log().abs().mean()
