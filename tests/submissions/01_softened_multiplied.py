# Multiplied by the temperature.
# in: ex-01-softened
# says: ex-01-softened-check: divide by the temperature, not multiply


def softened(logits, temperature):
    return (logits * temperature).softmax(dim=1)
