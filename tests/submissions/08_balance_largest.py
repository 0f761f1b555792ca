# Minus the largest share.
# in: ex-08-balance
# says: ex-08-balance-check: for these six answers 1.1400, not -0.5459
def class_balance(logits):
    return -logits.softmax(1).mean(0).max()
