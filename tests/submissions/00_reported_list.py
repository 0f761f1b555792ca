# A list of one.
# in: ex-00-reported
# says: ex-00-reported-check: one number


def reported(accuracies):
    return accuracies[-1:]
