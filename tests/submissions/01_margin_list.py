# A list.
# in: ex-01-margin
# says: ex-01-margin-check: one tensor


def margin(logits):
    return [float(row.sort().values[-1] - row.sort().values[-2]) for row in logits]
