# The largest channel.
# in: ex-07-shift
# says: ex-07-shift-check: the mean over the channels, not the largest
def mean_shift(maps, mean, variance):
    away = maps.mean(dim=(0, 2, 3)) - mean
    return (away.abs() / variance.sqrt()).max()
