# The temperature is ignored.
# in: ex-01-softened
# says: ex-01-softened-check: the temperature changes nothing


def softened(logits, temperature):
    return logits.softmax(dim=1)
