# The mean of the logarithms.
# in: ex-08-balance
# says: ex-08-balance-check: softmax first, then the mean


def class_balance(logits):
    log = logits.log_softmax(1).mean(0)
    return -(log.exp() * log).sum()
