# Divided by the number that are not nan, plus one.
# in: ex-06-mean
# says: ex-06-mean-check: an absent class was counted as 0: leave it o
def mean_over_classes(per_class):
    known = per_class[~per_class.isnan()]
    return (known.sum() / (len(known) + 1)).item()
