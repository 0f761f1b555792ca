"""Draw the committed tables: `python -m benchmarks.figures`."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

from dfad_lite import plots, store  # noqa: E402, the backend comes first

LOSSES = ("mae", "mse", "kld")
MIXED = (("mae", "mse"), ("mae", "kld"), ("mse", "mae"), ("kld", "mae"))


def main() -> None:
    """Write each figure beside the table that it shows."""
    plots.style()
    folder = Path(__file__).parent
    pairs = [*((loss, loss) for loss in LOSSES), *MIXED]
    kinds = {
        f"{a.upper()}, {b.upper()}": {"imitation_loss": a, "generation_loss": b} for a, b in pairs
    }
    figures = {
        "sources.png": plots.sources_chart(),
        "ablations/losses.png": plots.ablation(kinds),
        "roofline.png": plots.roofline(),
        "scaling.png": plots.scaling_chart(),
    }
    for name, figure in figures.items():
        with store.written_whole(folder / name) as temporary:
            figure.savefig(temporary, format="png", dpi=120)


if __name__ == "__main__":
    main()
