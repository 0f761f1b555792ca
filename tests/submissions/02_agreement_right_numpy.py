# Right, by NumPy.
# in: ex-02-agreement
import numpy as np


def agreement(a, b):
    return float(np.mean(a.numpy().argmax(1) == b.numpy().argmax(1)))
