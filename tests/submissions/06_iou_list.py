# A list.
# in: ex-06-iou
# says: ex-06-iou-check: return a tensor


def iou_by_class(predicted, truth, classes):
    keep = truth != 255
    predicted, truth = predicted[keep], truth[keep]
    return [
        ((predicted == c) & (truth == c)).sum() / ((predicted == c) | (truth == c)).sum()
        for c in range(classes)
    ]
