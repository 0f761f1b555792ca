# Right, with Python's sets.
# in: ex-06-iou
import torch


def iou_by_class(predicted, truth, classes):
    guessed, true = predicted.flatten().tolist(), truth.flatten().tolist()
    found = []
    for c in range(classes):
        pairs = [(p == c, t == c) for p, t in zip(guessed, true, strict=True) if t != 255]
        either = sum(p or t for p, t in pairs)
        both = sum(p and t for p, t in pairs)
        found.append(both / either if either else float("nan"))
    return torch.tensor(found)
