# The check's own number.
# in: ex-00-reported
# says: ex-00-reported-check: from the list given


def reported(accuracies):
    return 0.93
