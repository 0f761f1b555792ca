# In percent.
# in: ex-06-mean
# says: ex-06-mean-check: between 0 and 1


def mean_over_classes(per_class):
    return 100 * per_class.nanmean().item()
