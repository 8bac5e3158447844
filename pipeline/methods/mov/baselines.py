"""What MOV is compared with, in its harness: frozen CLIP over frames, CoOp and CLIP-Adapter on the mean of a clip's frames.

Each is called with a `MovBatch` and answers `MovClips`, as MOV does; flow and sound are not read. Dims: B clips, K views,
F frames, d width, C classes.
"""

from typing import Any, Protocol

import torch
from torch import Tensor, nn

from pipeline.methods.base import MethodError
from pipeline.methods.few_shot.context import start_context
from pipeline.methods.mov.batch import Answers, Classes, MovBatch, MovClips, VideoTowers
from pipeline.methods.mov.config import FrozenClipOptions
from pipeline.methods.mov.inference import Average, Path, probabilities
from pipeline.methods.mov.losses import entropy
from pipeline.methods.mov.texts import mean_of
from pipeline.methods.mov.vectors import frame_vectors


class VideoLearner(Protocol):
    """MOV and what learns beside it: an `nn.Module` whose parameters are all that is learned."""

    def __call__(self, batch: MovBatch) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss times the batch's share, and its parts."""
        ...

    def answers(self, clips: MovClips, classes: Classes, path: Path) -> Answers:
        """Probabilities among some classes."""
        ...


class FrozenClip:
    """softmax(cos(AvgPool(v), N) / tau): nothing is learned, and base and novel names are answered alike."""

    def __init__(self, options: FrozenClipOptions, towers: VideoTowers):
        """The towers' frames are needed where clips bring pictures."""
        self.options, self._frames = options, towers.frames

    @torch.no_grad()
    def answers(self, clips: MovClips, classes: Classes, path: Path = "novel") -> Answers:
        """Probabilities (B, C)."""
        found = mean_of(frame_vectors(clips.video, self._frames), self.options.video_mean)
        return _answers(found, classes.texts.to(found), self.options.tau, self.options.average)


class _OnMeans(nn.Module):
    """A classifier of a clip's mean vector; what it learns changes that vector, the class vectors, or both."""

    def __init__(self, options: Any, towers: VideoTowers, classes: Classes, seed: int):
        """Bind to the classes that are learned; equal seeds make equal parameters."""
        super().__init__()
        self._options, self._frames = options, (towers.frames,)  # in a tuple, so that it is no module of this one
        self._text, self._classes = towers.text, classes
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.make()
        self.to(classes.texts.device)

    def make(self) -> None:
        """Make the parameters."""
        raise NotImplementedError

    def video(self, means: Tensor) -> Tensor:
        """Vectors (..., d) of clips from their means."""
        return means

    def class_texts(self, classes: Classes) -> Tensor:
        """Vectors (C, d) of classes."""
        return classes.texts

    def forward(self, batch: MovBatch) -> tuple[Tensor, dict[str, Tensor]]:
        """CE at tau, times the batch's share of its step, and its parts."""
        texts = self.class_texts(self._classes)
        features = self.video(self._means(batch.video).to(texts))
        labels = batch.labels.to(texts.device)
        loss, right = entropy(features, texts, labels, self._options.tau, self._options.label_smoothing)
        return loss * batch.share, {"loss": loss.detach() * batch.share, "accuracy/video": right * batch.share}

    @torch.no_grad()
    def answers(self, clips: MovClips, classes: Classes, path: Path = "novel") -> Answers:
        """Probabilities (B, C); base and novel names are answered alike."""
        texts = self.class_texts(classes)
        features = self.video(self._means(clips.video).to(texts))
        return _answers(features, texts, self._options.tau, self._options.average)

    def _means(self, video: Tensor) -> Tensor:
        return mean_of(frame_vectors(video, self._frames[0]), self._options.video_mean)


class VideoCoOp(_OnMeans):
    """Class vectors are the text tower's on [P, name]; P (p, c) is learned. Raises `MethodError` without what reads prompts."""

    def make(self) -> None:
        """Prompts start from words, or from N(0, 0.02^2)."""
        if self._text is None:
            raise MethodError("coop: this encoder's text tower takes no learned prompts. Leave coop out of the methods")
        self.text_prompts = start_context(self._text, self._options.text_init, self._options.text_prompts)

    def class_texts(self, classes: Classes) -> Tensor:
        """The text tower's vectors (C, d)."""
        if classes.tokens is None:
            raise MethodError("coop: the classes have no tokens. Make them by the prompted text tower's classes(names)")
        assert self._text is not None
        return self._text(self.text_prompts[None], classes.tokens, chunk=self._options.chunk)[0]


class ClipAdapter(_OnMeans):
    """r A(x) + (1 - r) x, A(x) = ReLU(ReLU(x W_1) W_2), for clips and for class vectors; the four matrices are learned."""

    def make(self) -> None:
        """A side with ratio 0 has no adapter."""
        width = self._classes.texts.shape[1]
        hidden = width // self._options.reduction
        self.video_adapter = _adapter(width, hidden) if self._options.video_ratio else None
        self.text_adapter = _adapter(width, hidden) if self._options.text_ratio else None

    def video(self, means: Tensor) -> Tensor:
        """(..., d)."""
        return _adapted(means, self.video_adapter, self._options.video_ratio)

    def class_texts(self, classes: Classes) -> Tensor:
        """(C, d)."""
        return _adapted(classes.texts, self.text_adapter, self._options.text_ratio)


def _adapter(width: int, hidden: int) -> nn.Sequential:
    into, out = nn.Linear(width, hidden, bias=False), nn.Linear(hidden, width, bias=False)
    return nn.Sequential(into, nn.ReLU(), out, nn.ReLU())


def _adapted(x: Tensor, adapter: nn.Module | None, ratio: float) -> Tensor:
    return x if adapter is None else ratio * adapter(x) + (1 - ratio) * x


def _answers(features: Tensor, texts: Tensor, tau: float, average: Average) -> Answers:
    found = probabilities(features, texts, tau, average)
    return Answers(found, torch.zeros(len(found), dtype=torch.bool, device=found.device))
