# The best round.
# in: ex-00-reported
# says: ex-00-reported-check: the best round was picked


def reported(accuracies):
    return max(accuracies)
