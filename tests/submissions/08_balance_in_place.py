# The logits are shifted in place.
# in: ex-08-balance
# says: ex-08-balance-check: what was given has changed


def class_balance(logits):
    logits.data.sub_(logits.data.amax(1, keepdim=True))
    mean = logits.softmax(1).mean(0)
    return -(mean * mean.log()).sum()
