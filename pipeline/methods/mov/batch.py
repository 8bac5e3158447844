"""What MOV is given, and what it gives back.

Dims: B clips, K views, F frames, T tokens of the other modality, d width of the shared space, C classes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor

from pipeline.encoders.prompted.classes import ClassTokens
from pipeline.encoders.prompted.text import PromptedText
from pipeline.encoders.tower import Tower
from pipeline.methods.mov.frozen import FrozenTower


@dataclass(frozen=True)
class MovBatch:
    """Labelled clips, one view of each.

    Attributes:
        video: (B, F, d), v of Eq. 1, not normalised; or uint8 pictures (B, F, h, w, 3), of which the frozen tower makes v.
        other: what h_f or h_a reads at its cut: flow (B, F, ...), a frame a row, or a spectrogram (B, ...). Baselines
            read none.
        labels: int64 (B,).
        share: what its mean loss is multiplied by, so that the mean over the batches of a step is that of its clips.
    """

    video: Tensor
    other: Tensor | None
    labels: Tensor
    share: float = 1.0


@dataclass(frozen=True)
class MovClips:
    """Clips to be answered, all views of each; view k of both modalities belong together.

    Attributes:
        video: (B, K, F, d), or uint8 (B, K, F, h, w, 3).
        other: (B, K, ...) as of `MovBatch`; None where no clip has any.
        present: bool (B,), which clips have it; None: all, if `other` is given. The rows of the others are not read.
    """

    video: Tensor
    other: Tensor | None = None
    present: Tensor | None = None


@dataclass(frozen=True)
class Classes:
    """The classes to choose from.

    Attributes:
        texts: (C, d), B or N: the means over the templates, see `texts.class_vectors`.
        tokens: names behind learned prompts; CoOp reads them, and nobody else.
    """

    texts: Tensor
    tokens: ClassTokens | None = None


@dataclass(frozen=True)
class VideoTowers:
    """The frozen encoder, as far as the loop needs it. None of it is learned, moved or stored.

    Attributes:
        frames: h_v; it is run where a batch brings pictures instead of vectors.
        other: CLIP as it reads flow or sound, from which h_f or h_a is copied.
        text: for CoOp.
    """

    frames: Tower | None = None
    other: FrozenTower | None = None
    text: PromptedText | None = None


@dataclass(frozen=True)
class Answers:
    """What a method says of clips.

    Attributes:
        probabilities: (B, C), each row adds up to 1.
        beside: diagnostics of the same clips and classes, by name, each like `probabilities`.
        lacking: bool (B,), clips without the other modality, judged by their frames alone.
    """

    probabilities: Tensor
    lacking: Tensor
    beside: Mapping[str, Tensor] = field(default_factory=dict)
