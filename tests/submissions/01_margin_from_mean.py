# Largest less the mean.
# in: ex-01-margin
# says: ex-01-margin-check: that is the largest less the mean


def margin(logits):
    return logits.amax(dim=1) - logits.mean(dim=1)
