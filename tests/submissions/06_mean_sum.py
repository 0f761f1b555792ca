# The sum.
# in: ex-06-mean
# says: ex-06-mean-check: that is the sum


def mean_over_classes(per_class):
    return per_class.nansum().item()
