# The first image's alone.
# in: ex-01-margin
# says: ex-01-margin-check: one margin an image


def margin(logits):
    first, second = logits[0].topk(2).values
    return first - second
