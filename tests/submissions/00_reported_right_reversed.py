# Right: the first of the reversed.
# in: ex-00-reported
def reported(accuracies):
    return next(reversed(accuracies))
