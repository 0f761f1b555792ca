"""How varied a generator's samples are, as the teacher sees them (notebooks 02, 05 and 08)."""

import torch
from torch import Tensor, nn

from dfad_lite import metrics


@torch.inference_mode()
def features(model: nn.Module, images: Tensor, *, batch_size: int = 500) -> Tensor:
    """What a classifier's last linear layer gets: images ``(N, C, H, W)`` to ``(N, features)``.

    Raises:
        ValueError: no images, or no linear layer.
    """
    layers = [layer for layer in model.modules() if isinstance(layer, nn.Linear)]
    if not layers:
        raise ValueError("model has no nn.Linear layer, so no features before it: give another.")
    seen: list[Tensor] = []
    with layers[-1].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0])):
        metrics.logits(model, images, batch_size=batch_size)
    return torch.cat(seen)


def class_entropy(sample_logits: Tensor) -> float:
    """Entropy in nats of the classes predicted over a batch ``(N, classes)``.

    0 when all samples fall into one class, log(classes) when each class gets its equal share.
    """
    share = torch.bincount(sample_logits.argmax(1)).double() / len(sample_logits)
    return torch.special.entr(share).sum().item()


def feature_distance(sample_features: Tensor) -> float:
    """Mean Euclidean distance of two different samples' features ``(N, features)``, N >= 2."""
    return torch.pdist(sample_features.double()).mean().item()


def near_duplicates(sample_features: Tensor, *, radius: float) -> float:
    """Share of samples ``(N, features)`` that have another within ``radius``, N >= 2."""
    distances = torch.cdist(sample_features.double(), sample_features.double())
    return (distances.fill_diagonal_(torch.inf).amin(1) < radius).double().mean().item()


def measures(teacher: nn.Module, samples: Tensor, real: Tensor) -> dict[str, float]:
    """How varied samples are beside real images, both normalised ``(N, C, H, W)``.

    Returns:
        ``class_entropy`` in nats; ``feature_distance`` as a share of the real images' (1: as far
        apart as they are); ``near_duplicates``: the share of samples that have another within a
        tenth of the real images' mean distance.
    """
    scale = feature_distance(features(teacher, real))
    seen = features(teacher, samples)
    return {
        "class_entropy": class_entropy(metrics.logits(teacher, samples)),
        "feature_distance": feature_distance(seen) / scale,
        "near_duplicates": near_duplicates(seen, radius=scale / 10),
    }
