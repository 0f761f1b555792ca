"""A thief's second script: the game of notebook 09, as many rounds as the budget pays."""

import torch

from dfad_lite import data, distill, profiles, theft


class Logarithm(torch.nn.Module):
    """The service as a teacher: logits whose softmax is its answer."""

    def __init__(self, ask):
        super().__init__()
        self.ask = ask

    def forward(self, images):
        return self.ask(images).clamp_min(1e-12).log()


def steal(ask, student):
    """Train `student` in place; `ask` answers images (N, C, H, W), a question each."""
    about, few = ask.about, 32
    settings = profiles.load("quick", batch_size=few)
    round_costs = few * (settings.imitation_steps + 2)  # the student's, the slope's two
    rounds = max(1, about["budget"] // round_costs)
    settings = profiles.load("quick", batch_size=few, rounds=rounds)
    like = data.load("digits", "test", size=about["size"])  # for its shape: no image is used
    thief = theft.thief(about["answers"])
    players = {"student": student, "device": "cpu"}
    game = distill.new_game(settings, Logarithm(ask), like, thief, **players)
    for _ in game.play():
        pass
