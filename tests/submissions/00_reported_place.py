# The place of the last one.
# in: ex-00-reported
# says: ex-00-reported-check: an accuracy, not 4


def reported(accuracies):
    return len(accuracies) - 1
