# The ratio of the two.
# in: ex-01-margin
# says: ex-01-margin-check: expected 0.5 and 3.0, got (1.143, 0.4)
def margin(logits):
    first, second = logits.topk(2, dim=1).values.unbind(dim=1)
    return first / second
