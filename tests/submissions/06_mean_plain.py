# A plain mean.
# in: ex-06-mean
# says: ex-06-mean-check: the mean is nan


def mean_over_classes(per_class):
    return per_class.mean().item()
