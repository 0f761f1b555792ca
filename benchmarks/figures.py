"""The pictures of this page: `python -m benchmarks.figures`.

Two are taken from the notebooks, two are drawn here, of what notebook 07 only tells in short.
"""

import base64
from pathlib import Path

import nbformat
import numpy as np
import seaborn as sns
from matplotlib.figure import Figure

from dfad_lite import plots, results, store

FIGURES = {  # what stands beside the page, and the notebook's cell that shows it
    "sources.png": ("02_distilling_with_data", "c2434e3f"),
    "ablations/losses.png": ("05_losses_and_stability", "ccc28fd5"),
}


def taken(folder: Path, notebook: str, wanted: str) -> bytes:
    """The picture that a cell of a committed notebook shows."""
    path = folder.parent / "notebooks" / f"{notebook}.ipynb"
    (cell,) = (c for c in nbformat.read(path, as_version=4).cells if c.id == wanted)
    (coded,) = (o.data["image/png"] for o in cell.outputs if "image/png" in o.get("data", {}))
    return base64.b64decode(coded)


def roofline() -> Figure:
    """Operations a second over operations per byte, under what the machine can do at most."""
    speeds = results.table("speed")
    loops = {"plain": plots.NOISE, "ours": "black", "own networks": "#E69F00"}
    points = speeds.query("loop in @loops").copy()
    points["speed"] = points.operations_per_second / 1e9
    top = speeds[["matrix_peak", "convolution_peak"]].to_numpy().max() / 1e9
    copying = speeds.copy_peak.max() / 1e9
    figure, axis = plots.new(width=9, height=4.2)
    reach = np.array([1, top / copying, 300])
    axis.plot(reach, np.minimum(top, copying * reach), color="black", lw=1.5)
    how = {"x": "operations_per_byte", "y": "speed", "hue": "loop", "style": "case"}
    sns.scatterplot(points, **how, palette=loops, s=110, ax=axis)
    axis.text(2.2, 80, "copying", rotation=40)
    axis.text(290, 1.05 * top, "convolution", ha="right")
    axis.set(xscale="log", yscale="log", ylim=(10, 400))
    axis.set(xlabel="operations per byte moved", ylabel="billion operations a second")
    axis.set_xticks([1, 10, 100], ["1", "10", "100"])
    axis.set_yticks([10, 30, 100, 300], ["10", "30", "100", "300"])
    sns.move_legend(axis, "center left", bbox_to_anchor=(1, 0.5))
    return figure


def scaling() -> Figure:
    """Seconds of a round when one thing grows, fitted small and predicted large."""
    table = results.table("scaling")
    table["billions"] = table.operations / 1e9
    figure, axes = plots.new(1, 3, width=10, height=3.6)
    for axis, (grown, own) in zip(axes, table.groupby("changed", sort=False), strict=True):
        seen, far = own[own.fitted], own[~own.fitted]
        slope, start = np.polyfit(seen.billions, seen.seconds, deg=1)
        right = (start + slope * far.billions) / far.seconds
        axis.axline((0, start), slope=slope, color=plots.NOISE, ls="--")
        axis.plot(seen.billions, seen.seconds, "o", color="black")
        axis.plot(far.billions, far.seconds, "o", color="black", mfc="white")
        axis.set_title(f"{grown.replace('_', ' ')}\npredicted / measured {right.item():.2f}")
        axis.set(xlabel="billion operations a round", xlim=(0, None), ylim=(0, None))
    axes[0].set_ylabel("seconds a round")
    return figure


def main() -> None:
    """Take or draw each picture."""
    folder = Path(__file__).parent
    for name, cell in FIGURES.items():
        with store.written_whole(folder / name) as temporary:
            temporary.write_bytes(taken(folder, *cell))
    plots.style()
    for figure in (roofline, scaling):
        with store.written_whole(folder / f"{figure.__name__}.png") as temporary:
            figure().savefig(temporary, format="png", metadata={"Software": None})


if __name__ == "__main__":
    main()
