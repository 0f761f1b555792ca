# nan counts as 1.
# in: ex-06-mean
# says: ex-06-mean-check: an absent class was counted as 1


def mean_over_classes(per_class):
    return per_class.nan_to_num(1).mean().item()
