# The absent replaced by the largest.
# in: ex-06-mean
# says: ex-06-mean-check: expected 0.32, got 0.4166666567325592
def mean_over_classes(per_class):
    return per_class.nan_to_num(per_class.nan_to_num(0).max().item()).mean().item()
