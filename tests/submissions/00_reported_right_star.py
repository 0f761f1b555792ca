# Right, by unpacking.
# in: ex-00-reported


def reported(accuracies):
    *_, last = accuracies
    return last
