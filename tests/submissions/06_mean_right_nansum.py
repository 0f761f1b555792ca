# Right, by sum and count.
# in: ex-06-mean


def mean_over_classes(per_class):
    return float(per_class.nansum() / per_class.isfinite().sum())
