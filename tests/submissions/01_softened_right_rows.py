# Right, a row at a time.
# in: ex-01-softened
import torch


def softened(logits, temperature):
    return torch.stack([(row / temperature).softmax(0) for row in logits])
