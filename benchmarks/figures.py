"""The pictures of this page, taken from the notebooks: `python -m benchmarks.figures`."""

import base64
from pathlib import Path

import nbformat

from dfad_lite import store

FIGURES = {  # what stands beside the page, and the notebook's cell that shows it
    "sources.png": ("02_distilling_with_data", "c2434e3f"),
    "ablations/losses.png": ("05_losses_and_stability", "ccc28fd5"),
    "scaling.png": ("07_natural_images", "more03"),
    "roofline.png": ("07_natural_images", "more08"),
}


def main() -> None:
    """Take each picture from the outputs of the committed notebooks."""
    folder = Path(__file__).parent
    for name, (notebook, wanted) in FIGURES.items():
        path = folder.parent / "notebooks" / f"{notebook}.ipynb"
        (cell,) = (c for c in nbformat.read(path, as_version=4).cells if c.id == wanted)
        (coded,) = (o.data["image/png"] for o in cell.outputs if "image/png" in o.get("data", {}))
        with store.written_whole(folder / name) as temporary:
            temporary.write_bytes(base64.b64decode(coded))


if __name__ == "__main__":
    main()
