# The median over the rounds.
# in: ex-00-reported
# says: ex-00-reported-check: take the last round's


def reported(accuracies):
    return sorted(accuracies)[len(accuracies) // 2 - 1]
