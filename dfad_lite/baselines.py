"""Where else a student's inputs could come from: the same game with another source."""

from __future__ import annotations

from torch import Tensor

from dfad_lite.distill import Game


def noise(channels: int, size: int):
    """RANDOM in the paper's tables: standard normal pixels, nothing learnt.

    Returns:
        A source for :class:`dfad_lite.distill.Game`: a batch ``(N, channels, size, size)``.
    """

    def source(game: Game) -> Tensor:
        return game.draw(channels, size, size)

    return source
