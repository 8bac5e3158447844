"""EfficientNet-Lite0 (Tan and Le, 2019; its Lite form without squeeze-and-excitation and with ReLU6), as TensorFlow runs it.

Modules are called as in the published state dict, less the underscore that each name begins with there.

Dims: b batch, c channels, h and w pixels.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

STAGES = (
    (1, 3, 1, 1, 32, 16), (2, 3, 2, 6, 16, 24), (2, 5, 2, 6, 24, 40), (3, 3, 2, 6, 40, 80), (3, 5, 1, 6, 80, 112),
    (4, 5, 2, 6, 112, 192), (1, 3, 1, 6, 192, 320),
)  # fmt: skip
"""Blocks, kernel, stride of the first block, expansion, channels in, channels out."""

_EPSILON = 1e-3
_FEATURES = 1280


class SameConv2d(nn.Conv2d):
    """A convolution with TensorFlow's padding: as much as the stride needs, the odd pixel at the right and below."""

    def forward(self, x: Tensor) -> Tensor:
        """(b, c, h, w) -> (b, c', ceil(h / stride), ceil(w / stride))."""
        kernel, stride = self.kernel_size[0], self.stride[0]
        lacking = [max((-(-side // stride) - 1) * stride + kernel - side, 0) for side in (x.shape[-1], x.shape[-2])]
        return super().forward(F.pad(x, [part for n in lacking for part in (n // 2, n - n // 2)]))


class Block(nn.Module):
    """Widen, convolve each channel by itself, narrow; added to what came in where the shapes are equal."""

    def __init__(self, kernel: int, stride: int, expansion: int, channels: int, out: int) -> None:
        super().__init__()
        wide = channels * expansion
        if expansion > 1:
            self.expand_conv, self.bn0 = _conv(channels, wide), _norm(wide)
        self.depthwise_conv, self.bn1 = _conv(wide, wide, kernel, stride, groups=wide), _norm(wide)
        self.project_conv, self.bn2 = _conv(wide, out), _norm(out)
        self._expands, self._adds = expansion > 1, stride == 1 and channels == out

    def forward(self, x: Tensor) -> Tensor:
        """(b, c, h, w) -> (b, c', h', w')."""
        y = F.relu6(self.bn0(self.expand_conv(x))) if self._expands else x
        y = F.relu6(self.bn1(self.depthwise_conv(y)))
        y = self.bn2(self.project_conv(y))
        return x + y if self._adds else y


class EfficientNetLite0(nn.Module):
    """Pictures -> scores of ImageNet's classes."""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.conv_stem, self.bn0 = _conv(3, 32, 3, 2), _norm(32)
        self.blocks = nn.ModuleList(
            Block(kernel, stride if i == 0 else 1, expansion, channels if i == 0 else out, out)
            for count, kernel, stride, expansion, channels, out in STAGES
            for i in range(count)
        )
        self.conv_head, self.bn1 = _conv(STAGES[-1][-1], _FEATURES), _norm(_FEATURES)
        self.fc = nn.Linear(_FEATURES, classes)

    def stem(self, x: Tensor) -> Tensor:
        """Normalised pictures (b, 3, h, w) -> what enters the first block."""
        return F.relu6(self.bn0(self.conv_stem(x)))

    def head(self, x: Tensor) -> Tensor:
        """What the last block leaves -> scores (b, classes)."""
        found: Tensor = self.fc(F.relu6(self.bn1(self.conv_head(x))).mean(dim=(2, 3)))
        return found

    def forward(self, x: Tensor) -> Tensor:
        """Normalised pictures (b, 3, h, w) -> scores (b, classes)."""
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.head(x)


def normalise(pixels: Tensor, dtype: torch.dtype) -> Tensor:
    """uint8 (b, h, w, 3) -> (b, 3, h, w) about 0, as the published weights want them."""
    return pixels.movedim(-1, -3).contiguous().to(dtype).sub(127).div(128)


def _conv(channels: int, out: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> SameConv2d:
    return SameConv2d(channels, out, kernel, stride, groups=groups, bias=False)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=_EPSILON)
