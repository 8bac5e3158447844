"""How CLIP's image tower reads stored flow or sound, up to the cut at which h_f or h_a begins to learn. Importing needs no torch.

Views of sound are cut out of the stored spectrogram first: those that epochs learn from are drawn, a view an epoch; those that
are judged are even. Dims: n clips, K views.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from pipeline.methods.mov.config import MovOptions
from pipeline.sources.sound_views import SoundViews, even_crops, training_view
from pipeline.sources.specs import FbankSpec

if TYPE_CHECKING:
    from pipeline.encoders.encoder import Encoder
    from pipeline.encoders.tower import Tower


@dataclass(frozen=True)
class FlowReading:
    """Of flow; the attributes are those of `MovOptions`."""

    flow_third: Literal["shifted", "zero"]
    flow_normalised: bool

    @classmethod
    def of(cls, options: MovOptions) -> "FlowReading":
        """What matters below the cut."""
        return cls(options.flow_third, options.flow_normalised)

    @property
    def fields(self) -> Mapping[str, object]:
        """What names what is stored."""
        return {"other": "flow", **asdict(self)}

    def rows(self, keys: Sequence[str], stored: np.ndarray) -> np.ndarray:
        """Stored flow as it is (n, K, F, h, w, 2)."""
        return stored

    def tower(self, encoder: "Encoder") -> "Tower":
        """CLIP's, which reads flow."""
        options = MovOptions(flow_third=self.flow_third, flow_normalised=self.flow_normalised)
        return _tower(encoder, options)


@dataclass(frozen=True)
class SoundReading:
    """Of sound.

    Attributes:
        views: how the spectrogram is cut and masked; `clips` are the views that are judged.
        spec: of what is stored.
        positions: `sound_positions` of `MovOptions`.
        epochs: views that are drawn, one for each epoch; 0: the even ones.
    """

    views: SoundViews
    spec: FbankSpec
    positions: Literal["bilinear", "ast"]
    epochs: int = 0

    @property
    def count(self) -> int:
        """K."""
        return self.epochs or self.views.clips

    @property
    def fields(self) -> Mapping[str, object]:
        """What names what is stored; even views are not masked."""
        drawn = ("time_mask", "bin_mask", "mask", "seed")
        how = {name: getattr(self.views, name) for name in drawn} if self.epochs else {}
        told = {"other": "sound", "frames": self.views.frames, "positions": self.positions, "views": self.count, **how}
        return told | {"drawn": bool(self.epochs)}

    def rows(self, keys: Sequence[str], stored: np.ndarray) -> np.ndarray:
        """Views (n, K, frames, bins) of stored spectrograms (n, 1, ..., bins)."""
        return np.stack([self._views(key, row[0]) for key, row in zip(keys, stored, strict=True)])

    def tower(self, encoder: "Encoder") -> "Tower":
        """CLIP's, which reads spectrograms."""
        options = MovOptions(
            other="sound", sound_bins=self.spec.bins, sound_frames=self.views.frames, sound_positions=self.positions
        )
        return _tower(encoder, options)

    def _views(self, key: str, stored: np.ndarray) -> np.ndarray:
        if not self.epochs:
            return even_crops(stored, self.views)
        epochs = range(1, self.epochs + 1)
        return np.stack([training_view(stored, key, epoch, self.views, self.spec) for epoch in epochs])


def _tower(encoder: "Encoder", options: MovOptions) -> "Tower":
    from pipeline.methods.base import MethodError
    from pipeline.methods.mov.frozen import frozen_tower

    image = encoder.prompted_image
    if image is None or image.visual is None:
        raise MethodError(
            f"mov: the image tower of '{encoder.card.name}' cannot read {options.other}. Take a CLIP of OpenAI's kind, e.g. "
            "encoder: clip-vit-b16-openai"
        )
    return frozen_tower(image.visual, image.mean, image.std, options).staged
