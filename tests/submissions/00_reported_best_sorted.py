# The best round, by sorting.
# in: ex-00-reported
# says: ex-00-reported-check: the best round was picked


def reported(accuracies):
    return sorted(accuracies)[-1]
