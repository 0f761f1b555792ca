# Right, by Python's Counter.
# in: ex-11-entropy
import math
from collections import Counter


def named_classes_entropy(logits):
    counts = Counter(logits.argmax(dim=1).tolist())
    shares = [count / len(logits) for count in counts.values()]
    return -sum(p * math.log(p) for p in shares)
