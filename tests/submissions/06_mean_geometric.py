# The geometric mean.
# in: ex-06-mean
# says: ex-06-mean-check: expected 0.32


def mean_over_classes(per_class):
    return per_class[~per_class.isnan()].prod().sqrt().item()
