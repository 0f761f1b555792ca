# The right number, but the list loses it.
# in: ex-00-reported
# says: ex-00-reported-check: the list given has changed


def reported(accuracies):
    return accuracies.pop()
