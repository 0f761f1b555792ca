# Over the batch.
# in: ex-01-margin
# says: ex-01-margin-check: one margin an image


def margin(logits):
    first, second = logits.topk(2, dim=0).values
    return first - second
