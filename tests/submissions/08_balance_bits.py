# In bits.
# in: ex-08-balance
# says: ex-08-balance-check: in bits


def class_balance(logits):
    mean = logits.softmax(1).mean(0)
    return -(mean * mean.log2()).sum()
