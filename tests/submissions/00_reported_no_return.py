# Nothing comes back.
# in: ex-00-reported
# says: ex-00-reported-check: nothing came back


def reported(accuracies):
    accuracies[-1]
