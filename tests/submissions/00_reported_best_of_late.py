# The best of the second half.
# in: ex-00-reported
# says: ex-00-reported-check: take the last round's


def reported(accuracies):
    return max(accuracies[len(accuracies) // 2 + 1 :])
