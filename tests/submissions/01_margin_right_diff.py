# Right: minus the difference of the sorted two.
# in: ex-01-margin
def margin(logits):
    return -logits.topk(2, dim=-1).values.diff(dim=-1).squeeze(-1)
