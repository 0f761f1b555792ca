# One mean over all channels.
# in: ex-07-shift
# says: ex-07-shift-check: each channel has a mean of its own
def mean_shift(maps, mean, variance):
    return ((maps.mean() - mean).abs() / variance.sqrt()).mean()
