# Right: a list without the absent ones.
# in: ex-06-mean
def mean_over_classes(per_class):
    known = [value for value in per_class.tolist() if value == value]
    return sum(known) / len(known)
