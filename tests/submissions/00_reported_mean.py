# The mean over the rounds.
# in: ex-00-reported
# says: ex-00-reported-check: that is the mean


def reported(accuracies):
    return sum(accuracies) / len(accuracies)
