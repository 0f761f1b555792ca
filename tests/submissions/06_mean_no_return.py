# Nothing comes back.
# in: ex-06-mean
# says: ex-06-mean-check: nothing came back


def mean_over_classes(per_class):
    per_class.nanmean().item()
