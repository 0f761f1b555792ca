# Nothing comes back.
# in: ex-01-margin
# says: ex-01-margin-check: nothing came back


def margin(logits):
    first, second = logits.topk(2, dim=1).values.unbind(dim=1)
    first - second
