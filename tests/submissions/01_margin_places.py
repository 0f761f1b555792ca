# Places of the two in place of their values.
# in: ex-01-margin
# says: ex-01-margin-check: that is of their places


def margin(logits):
    first, second = logits.topk(2, dim=1).indices.unbind(dim=1)
    return (first - second).abs()
