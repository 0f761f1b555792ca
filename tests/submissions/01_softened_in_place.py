# The logits given are divided in place.
# in: ex-01-softened
# says: ex-01-softened-check: what was given has changed: only read it
def softened(logits, temperature):
    logits /= temperature
    return logits.softmax(dim=1)
