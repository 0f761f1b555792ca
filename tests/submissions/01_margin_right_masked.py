# Right, with the largest taken out.
# in: ex-01-margin
import torch


def margin(logits):
    largest = logits.amax(dim=1)
    others = logits.scatter(1, logits.argmax(dim=1, keepdim=True), -torch.inf)
    return largest - others.amax(dim=1)
