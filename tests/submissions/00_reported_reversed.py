# The right number, from a list that was turned round.
# in: ex-00-reported
# says: ex-00-reported-check: the list given has changed


def reported(accuracies):
    accuracies.reverse()
    return accuracies[0]
