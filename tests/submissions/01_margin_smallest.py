# Largest less smallest.
# in: ex-01-margin
# says: ex-01-margin-check: that is largest less smallest


def margin(logits):
    return logits.amax(dim=1) - logits.amin(dim=1)
