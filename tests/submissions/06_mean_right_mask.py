# Right, by a mask.
# in: ex-06-mean


def mean_over_classes(per_class):
    return per_class[~per_class.isnan()].mean().item()
