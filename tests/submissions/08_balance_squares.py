# One less the sum of the squares.
# in: ex-08-balance
# says: ex-08-balance-check: for these six answers


def class_balance(logits):
    return 1 - logits.softmax(1).mean(0).pow(2).sum()
