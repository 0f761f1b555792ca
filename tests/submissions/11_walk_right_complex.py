# Right: by powers of a turn.
# in: ex-11-walk
import torch


def walk(a, b, steps):
    turn = torch.exp(1j * torch.linspace(0, torch.pi / 2, steps))
    return turn.real[:, None] * a + turn.imag[:, None] * b
