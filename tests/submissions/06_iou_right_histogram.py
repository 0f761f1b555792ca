# Right, by NumPy's histogram of pairs.
# in: ex-06-iou
import numpy as np
import torch


def iou_by_class(predicted, truth, classes):
    known = (truth != 255).numpy()
    edges = np.arange(classes + 1)
    pairs = np.histogram2d(truth.numpy()[known], predicted.numpy()[known], bins=edges)[0]
    both = pairs.diagonal()
    with np.errstate(invalid="ignore"):
        return torch.from_numpy(both / (pairs.sum(0) + pairs.sum(1) - both))
