# A tensor.
# in: ex-06-mean
# says: ex-06-mean-check: plain number


def mean_over_classes(per_class):
    return per_class.nanmean()
