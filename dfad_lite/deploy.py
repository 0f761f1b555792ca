"""The last mile: a network as an ONNX file, in whole numbers, without a picture to set it by.

Notebook 10 explains it. The extra ``device`` (onnx, onnxruntime, onnxscript) is imported where it
is used. What is shipped answers through ONNX Runtime, and is measured there.
"""

import contextlib
import copy
import errno
import logging
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from dfad_lite import metrics, need, store

OPSET = 21  # of ONNX: the first with numbers of four bits
TOLERANCE = 1e-4  # of the largest logit: how far the exported network may be from torch's


def check_installed() -> None:
    """Stop with a ``ValueError`` that names what is missing and the command that installs it."""
    need("device", "onnx", "onnxruntime", "onnxscript")


def to_onnx(network: nn.Module, shape: tuple[int, int, int], path: Path) -> float:
    """Write a network as ONNX, float32, for any number of images, and check that it answers alike.

    ``shape`` is an image's ``(C, H, W)``. The file is written whole or not at all, and the largest
    difference of a logit on 64 random images returned, as a share of the largest logit.

    Raises:
        ValueError: the network can't be exported, answers otherwise when exported, or the file
            can't be written.
    """
    check_installed()
    images = torch.randn(64, *shape, generator=torch.Generator().manual_seed(0))
    images = images[: 1 + metrics.at_once(images, 63)]
    try:
        copied = copy.deepcopy(network).eval().to("cpu", memory_format=torch.contiguous_format)
        with _quiet(), torch.no_grad():
            wanted = copied(images)
            if len(wanted) != len(images):
                raise ValueError(f"{len(images)} images, {len(wanted)} answers")
            program = torch.onnx.export(
                copied,
                (images[:2],),
                input_names=["images"],
                output_names=["logits"],
                dynamic_shapes=({0: torch.export.Dim("batch")},),
                opset_version=OPSET,
                dynamo=True,
                verbose=False,
            )
            said = answers(program.model_proto.SerializeToString(), images)
            off = ((said - wanted).abs().max() / wanted.abs().max()).item()
    except Exception as error:  # exporter and runtime raise errors of many kinds
        reason = " ".join(str(error.__cause__ or error).split())[:160]
        raise ValueError(
            f"network {type(network).__name__} can't be exported ({reason}): every step must be an "
            "operator that ONNX knows, and the number of images all that varies in its shapes."
        ) from error
    if not off <= TOLERANCE:
        raise ValueError(
            f"network {type(network).__name__} answers otherwise when exported: a logit is off by "
            f"{off:.1g} of the largest, at most {TOLERANCE:g} is allowed."
        )
    _write(program.model_proto, path)
    return off


def to_whole_numbers(
    source: Path, path: Path, images: Tensor | None = None, *, bits: int = 8
) -> None:
    """Quantise an ONNX file: whole numbers for weights, with a scale for each output channel.

    Args:
        source: as :func:`to_onnx` wrote it.
        path: the file; written whole or not at all.
        images: normalised ``(N, C, H, W)``, on which the range of every layer's numbers is measured
            once and for all. None: each is measured anew in every answer.
        bits: of the weights, 8 or 4; all else has 8.

    Raises:
        ValueError: other ``bits``, or the file can't be written.
    """
    check_installed()
    import onnx
    from onnxruntime import quantization

    kinds = {8: quantization.QuantType.QInt8, 4: quantization.QuantType.QInt4}
    if bits not in kinds or (images is None and bits != 8):
        raise ValueError(f"bits={bits}: take 8, or 4 where there are images to measure ranges on.")
    with tempfile.TemporaryDirectory() as folder, _quiet():
        made = Path(folder, "made.onnx")
        if images is None:
            quantization.quantize_dynamic(source, made, weight_type=kinds[bits])
        else:
            parts = images.cpu().float().split(metrics.at_once(images, 64))
            batches = ({"images": part.numpy()} for part in parts)
            reader = SimpleNamespace(get_next=lambda: next(batches, None))
            how = {"per_channel": True, "weight_type": kinds[bits]}
            quantization.quantize_static(source, made, reader, **how)
        model = onnx.load(made)
        del model.graph.value_info[:]  # shapes in between, which the quantiser asked for
        _write(model, path)


def _write(model: Any, path: Path) -> None:
    # Without what the exporter notes about each operator: a quarter of a small network's file.
    for node in model.graph.node:
        del node.metadata_props[:]
        node.ClearField("doc_string")
    try:
        with store.written_whole(path) as temporary:
            temporary.write_bytes(model.SerializeToString())
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        why = "there is no room left for it" if full else error.strerror
        raise ValueError(f"{path} can't be written ({why}): nothing was left there.") from error


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    # What exporter and quantiser say is for people who write such programs.
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        logging.disable(logging.NOTSET)


def session(file: Path | bytes) -> Any:
    """A file, or what stands in it, in ONNX Runtime, on one thread of the processor."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


def answers(file: Path | bytes, images: Tensor) -> Tensor:
    """The logits of a file for normalised images ``(N, C, H, W)``, in batches."""
    runs, batches = session(file), images.cpu().split(metrics.at_once(images, 500))
    parts = [runs.run(None, {"images": part.numpy()})[0] for part in batches]
    return torch.from_numpy(np.concatenate(parts))


def on_grid(values: Tensor, scale: Tensor, low: int, high: int) -> Tensor:
    """The nearest of ``low * scale`` to ``high * scale``, with a straight gradient.

    Rounding has slope 0 nearly everywhere. The straight-through estimator (Bengio et al. 2013,
    arXiv 1308.3432) rounds on the way forwards and passes gradients on as if it had not.
    """
    rounded = (values / scale).round().clamp(low, high) * scale
    return values + (rounded - values).detach()


class OnDevice(nn.Module):
    """A network that answers as its quantised self will, while its own weights stay whole.

    A student for any game: it learns what rounding does to it. ``net``, of convolutions and linear
    layers, is the network to export. Its weights have 2 to 8 ``bits``, and what goes into a layer
    8; other than 8 and 4 are for study: no file of :func:`to_whole_numbers` has them.
    """

    def __init__(self, net: nn.Module, bits: int = 8) -> None:
        super().__init__()
        self.net, self.bits = net, bits

    def forward(self, images: Tensor) -> Tensor:
        named = self.net.named_parameters()
        weights = {name: self.rounded(weight) for name, weight in named if weight.dim() > 1}
        layers = [m for m in self.net.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
        hooks = [layer.register_forward_pre_hook(_rounded_inputs) for layer in layers]
        try:
            return torch.func.functional_call(self.net, weights, images)
        finally:
            for hook in hooks:
                hook.remove()

    def rounded(self, weight: Tensor) -> Tensor:
        """A layer's weights ``(outputs, ...)``, each output's on a grid of its own."""
        high = 2 ** (self.bits - 1) - 1
        largest = weight.detach().abs().flatten(1).amax(1).clamp_min(1e-12)
        # ONNX Runtime's grid: the largest is at the top; of 4 bits, half a step above it.
        scale = largest / (high + 0.5 if self.bits == 4 else high)
        return on_grid(weight, scale.view(-1, *[1] * (weight.dim() - 1)), -high - 1, high)


def _rounded_inputs(layer: nn.Module, inputs: tuple[Tensor]) -> tuple[Tensor]:
    seen = inputs[0].detach()
    scale = (seen.amax().clamp_min(0) - seen.amin().clamp_max(0)).clamp_min(1e-12) / 255
    return (on_grid(inputs[0], scale, -255, 255),)
