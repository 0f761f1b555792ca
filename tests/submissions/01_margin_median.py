# Largest less median, which among three is the second.
# in: ex-01-margin
# says: ex-01-margin-check: largest less SECOND largest


def margin(logits):
    return logits.amax(1) - logits.median(1).values
