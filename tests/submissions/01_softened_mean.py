# The mean over the batch.
# in: ex-01-softened
# says: ex-01-softened-check: divide the logits by the temperature, before
def softened(logits, temperature):
    return (logits / temperature).softmax(dim=1).mean(dim=0, keepdim=True).expand_as(logits)
