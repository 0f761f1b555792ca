# A forgotten return.
# in: ex-07-shift
# says: ex-07-shift-check: nothing came back: a return is missing
def mean_shift(maps, mean, variance):
    away = maps.mean(dim=(0, 2, 3)) - mean
    (away.abs() / variance.sqrt()).mean()
