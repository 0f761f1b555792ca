# The largest logit.
# in: ex-01-margin
# says: ex-01-margin-check: subtract the second


def margin(logits):
    return logits.amax(dim=1)
