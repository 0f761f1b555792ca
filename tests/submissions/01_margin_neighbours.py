# The first two classes, unsorted.
# in: ex-01-margin
# says: ex-01-margin-check: of the two largest, wherever they stand


def margin(logits):
    return (logits[:, 0] - logits[:, 1]).abs()
