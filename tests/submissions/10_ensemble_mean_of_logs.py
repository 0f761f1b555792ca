# The mean of the log-probabilities.
# in: ex-10-ensemble
# says: ex-10-ensemble-check: a mean of logits: who never saw a class outv
def as_one(logits):
    return logits.log_softmax(-1).mean(0)
