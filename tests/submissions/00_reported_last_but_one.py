# The last but one.
# in: ex-00-reported
# says: ex-00-reported-check: take the last round's


def reported(accuracies):
    return accuracies[-2]
