# The root in place, of what the teacher remembers.
# in: ex-07-shift
# says: ex-07-shift-check: no sqrt_ in place
def mean_shift(maps, mean, variance):
    away = maps.mean(dim=(0, 2, 3)) - mean
    return (away.abs() / variance.sqrt_()).mean()
