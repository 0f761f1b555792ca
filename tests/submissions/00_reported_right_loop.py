# Right, by walking to the end.
# in: ex-00-reported


def reported(accuracies):
    for accuracy in accuracies:
        last = accuracy
    return last
