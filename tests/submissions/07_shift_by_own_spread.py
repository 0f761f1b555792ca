# Divided by the batch's own deviation.
# in: ex-07-shift
# says: ex-07-shift-check: sigma is the root of the remembered variance, not the batch's own
def mean_shift(maps, mean, variance):
    away = maps.mean(dim=(0, 2, 3)) - mean
    return (away.abs() / maps.std(dim=(0, 2, 3))).mean()
