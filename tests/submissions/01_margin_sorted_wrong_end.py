# The two smallest.
# in: ex-01-margin
# says: ex-01-margin-check: expected 0.5 and 3.0, got (2.5, 4.0)
def margin(logits):
    low = logits.sort(dim=1).values
    return low[:, 1] - low[:, 0]
