# Of shape (N, 1).
# in: ex-01-margin
# says: ex-01-margin-check: one margin an image: (2,
def margin(logits):
    return -logits.topk(2, dim=1).values.diff(dim=1)
