# The worst one, to be safe.
# in: ex-00-reported
# says: ex-00-reported-check: before the game


def reported(accuracies):
    return min(accuracies)
