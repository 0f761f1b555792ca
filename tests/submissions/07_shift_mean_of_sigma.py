# One mean deviation for all channels.
# in: ex-07-shift
# says: ex-07-shift-check: divide by sigma, each channel by its own
def mean_shift(maps, mean, variance):
    away = maps.mean(dim=(0, 2, 3)) - mean
    return away.abs().mean() / variance.sqrt().mean()
