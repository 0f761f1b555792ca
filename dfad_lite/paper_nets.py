"""The paper's own networks, made of torchvision's parts; for a GPU and the profile ``paper``."""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models import ResNet50_Weights, mobilenet_v2, resnet50
from torchvision.models.resnet import BasicBlock, ResNet
from torchvision.models.segmentation.deeplabv3 import DeepLabHead


def resnet_8x(blocks: tuple[int, int, int, int], channels: int, classes: int) -> nn.Module:
    """A torchvision ResNet of the "8x" kind: a 3x3 stem with stride 1 and no max-pool.

    A 32x32 image is then made smaller by 8, not by 32, before the last average.
    """
    net = ResNet(BasicBlock, list(blocks), num_classes=classes)
    net.conv1 = nn.Conv2d(channels, 64, 3, padding=1, bias=False)
    nn.init.kaiming_normal_(net.conv1.weight, mode="fan_out", nonlinearity="relu")
    net.maxpool = nn.Identity()
    return net


class DeepLab(nn.Module):
    """DeepLabv3 of torchvision's parts: backbone, its head with dropout, bilinear upsampling.

    Images ``(N, C, H, W)`` to logits ``(N, classes, H, W)``.

    Args:
        backbone: images to features ``(N, features, h, w)``.
        features: their channels.
        classes: number of logits a pixel.
        dropout: before the last convolution; 0.5 in the reference code's students.
    """

    def __init__(self, backbone: nn.Module, features: int, classes: int, dropout: float) -> None:
        super().__init__()
        self.backbone, self.features = backbone, features
        head = DeepLabHead(features, classes)
        head.insert(len(head) - 1, nn.Dropout(dropout))
        self.head = head

    def forward(self, images: Tensor) -> Tensor:
        scores = self.head(self.backbone(images))
        return F.interpolate(scores, images.shape[-2:], mode="bilinear", align_corners=False)


def deeplab_resnet50(classes: int) -> DeepLab:
    """The paper's teacher, from random weights: a ResNet-50 at output stride 8.

    40.9 G multiply-adds at 256x256 with 11 classes; the paper prints 41.0 G.
    """
    net = resnet50(weights=None, replace_stride_with_dilation=[False, True, True])
    backbone = nn.Sequential(*list(net.children())[:-2])  # without pooling and classifier
    return DeepLab(backbone, 2048, classes, dropout=0.0)


def load_imagenet(model: nn.Module) -> bool:
    """Give a :func:`deeplab_resnet50` the backbone that torchvision trained on ImageNet.

    It comes from torch's own cache, or is downloaded (100 MB). Where it can't be had, or the
    network has another backbone, that is printed and the weights stay as they are.

    Returns:
        Whether the weights were loaded.
    """
    if not (isinstance(model, DeepLab) and model.features == 2048):
        print("teacher_weights='imagenet' is for deeplab_resnet50 only: random weights are used.")
        return False
    try:
        net = resnet50(weights=ResNet50_Weights.IMAGENET1K_V1, progress=False)
    except (OSError, RuntimeError) as error:  # no network; a damaged download
        print(f"ImageNet weights can't be had ({error}): the backbone starts from random ones.")
        return False
    model.backbone.load_state_dict(nn.Sequential(*list(net.children())[:-2]).state_dict())
    return True


def deeplab_mobilenet(classes: int) -> DeepLab:
    """The paper's student, from random weights: a MobileNetV2 at output stride 8, dropout 0.5.

    Without the backbone's last, 1,280 channels wide convolution. 5.2 G multiply-adds at
    256x256; the paper prints 5.54 G, for a backbone that is not torchvision's.
    """
    backbone = mobilenet_v2(weights=None).features[:-1]
    stride, dilation = 1, 1
    for layer in backbone.modules():
        if isinstance(layer, nn.Conv2d):
            if layer.stride == (2, 2):
                if stride == 8:  # go on with holes in the kernel in place of a stride
                    layer.stride, dilation = (1, 1), 2 * dilation
                else:
                    stride *= 2
            if layer.kernel_size == (3, 3) and dilation > 1:
                layer.dilation = layer.padding = (dilation, dilation)
    return DeepLab(backbone, 320, classes, dropout=0.5)


# Each of an image's channels, except for DeepLab, which takes 3, and of the number of classes.
NETWORKS: dict[str, Callable[[int, int], nn.Module]] = {
    "resnet34_8x": lambda channels, classes: resnet_8x((3, 4, 6, 3), channels, classes),
    "resnet18_8x": lambda channels, classes: resnet_8x((2, 2, 2, 2), channels, classes),
    "deeplab_resnet50": lambda channels, classes: deeplab_resnet50(classes),
    "deeplab_mobilenet": lambda channels, classes: deeplab_mobilenet(classes),
}
