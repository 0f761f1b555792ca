# Right, layer by layer.
# in: ex-10-bytes
import torch


def bytes_needed(network, bits):
    total = 0
    for layer in network.modules():
        if isinstance(layer, torch.nn.Conv2d | torch.nn.Linear):
            outputs = layer.weight.shape[0]
            total += layer.weight.numel() * bits // 8 + 4 * outputs + 4 * layer.bias.numel()
    return total
