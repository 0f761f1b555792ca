# Right: by places in the sorted list.
# in: ex-09-area
import torch


def area(thief, users):
    ordered = users.sort().values
    below = torch.searchsorted(ordered, thief)
    up_to = torch.searchsorted(ordered, thief, right=True)
    return (below + up_to).double().mean().item() / 2 / len(users)
