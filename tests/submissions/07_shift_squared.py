# Squares in place of sizes.
# in: ex-07-shift
# says: ex-07-shift-check: sizes, not squares: |.| of the difference
def mean_shift(maps, mean, variance):
    away = maps.mean(dim=(0, 2, 3)) - mean
    return (away.pow(2) / variance).mean()
