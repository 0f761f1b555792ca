# The sign is missing.
# in: ex-08-balance
# says: ex-08-balance-check: mind the sign


def class_balance(logits):
    mean = logits.softmax(1).mean(0)
    return (mean * mean.log()).sum()
