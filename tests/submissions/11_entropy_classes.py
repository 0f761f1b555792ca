# The logarithm of how many there are.
# in: ex-11-entropy
# says: ex-11-entropy-check: that counts the classes
import math


def named_classes_entropy(logits):
    return math.log(len(logits.argmax(dim=1).unique()))
