# The median.
# in: ex-06-mean
# says: ex-06-mean-check: that is the median


def mean_over_classes(per_class):
    return per_class.nanmedian().item()
