# A step in a random direction.
# in: ex-03-uphill
# says: ex-03-uphill-check: of the gradient
import torch


def uphill(teacher_net, student_net, images, step_size):
    stream = torch.Generator().manual_seed(0)
    way = torch.randn(images.shape, generator=stream).sign()
    return images + step_size * way
