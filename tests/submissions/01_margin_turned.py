# Second less largest.
# in: ex-01-margin
# says: ex-01-margin-check: the largest comes first


def margin(logits):
    first, second = logits.topk(2, dim=1).values.unbind(dim=1)
    return second - first
