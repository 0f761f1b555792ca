# nan counts as 0.
# in: ex-06-mean
# says: ex-06-mean-check: an absent class was counted as 0


def mean_over_classes(per_class):
    return per_class.nan_to_num(0).mean().item()
