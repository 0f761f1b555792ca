# The mean of the last two.
# in: ex-00-reported
# says: ex-00-reported-check: take the last round's


def reported(accuracies):
    return (accuracies[-1] + accuracies[-2]) / 2
