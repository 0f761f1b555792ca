"""Real images, for training a teacher and for measuring; the distillation never sees them.

:func:`load` gives a split as tensors. A data set is looked for in ``data_cache/``, then in
the read-only folder that ``$DFAD_DATA`` names (a class server's, say), then downloaded.
``digits`` and ``photos`` come with scikit-learn, ``printed`` is drawn with matplotlib's fonts,
``scenes`` are drawn on the spot: these need none of this.
"""

from dfad_lite.data import embedded, scenes
from dfad_lite.data.split import VOID, DataError, Split, described, to_display

__all__ = ["NAMES", "VOID", "DataError", "Split", "described", "load", "to_display"]

_EMBEDDED = ("digits", "printed", "photos")
_FETCHED = ("mnist", "fashion_mnist", "cifar10", "cifar100", "svhn", "caltech101")
_SCENES = ("scenes", "night_scenes")  # a class for every pixel, in these and the following
_LABEL_MAPS = ("camvid", "nyuv2", "voc", "cityscapes")
NAMES = _EMBEDDED + _FETCHED + _SCENES + _LABEL_MAPS


def load(name: str, split: str, *, size: int | None = None) -> Split:
    """One split of a data set, resized to ``size`` x ``size``.

    Args:
        name: one of :data:`NAMES`, or ``imagefolder:PATH`` for your own images, laid out as
            ``PATH/train/<class>/*`` and ``PATH/test/<class>/*``.
        split: ``"train"`` or ``"test"``.
        size: height and width in pixels (bilinear); None keeps the data set's own. Images that
            are not square have their shorter side resized and their centre cropped.

    Raises:
        DataError: an unknown name or split, data that can't be had (with the commands that
            fetch them elsewhere), or files that can't be read, each named.
    """
    if split not in ("train", "test"):
        raise DataError(f"split={split!r} is unknown: take 'train' or 'test'.")
    if name in _EMBEDDED:
        return embedded.read(name, split, size)
    if name in _SCENES:
        return scenes.read(name, split, size)
    # With the other two readers comes torchvision, which takes seconds to import.
    if name in _LABEL_MAPS:
        from dfad_lite.data import label_maps

        return label_maps.read(name, split, size)
    if name in _FETCHED or name.startswith("imagefolder:"):
        from dfad_lite.data import fetched

        return fetched.read(name, split, size)
    raise DataError(
        f"dataset={name!r} is unknown: take one of {', '.join(NAMES)}, or imagefolder:PATH."
    )
