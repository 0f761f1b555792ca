# Before the game.
# in: ex-00-reported
# says: ex-00-reported-check: before the game


def reported(accuracies):
    return accuracies[0]
