"""MOV as the loop takes it: a batch in, the loss and its parts out; and what it answers.

Its parameters are all that is learned: the tower of flow or sound, and the head. CLIP's own tensors are none of its modules.
Dims: B clips, K views, F frames, d width, C classes.
"""

import torch
from torch import Tensor, nn

from pipeline.methods.base import MethodError
from pipeline.methods.mov.batch import Answers, Classes, MovBatch, MovClips, VideoTowers
from pipeline.methods.mov.config import MovOptions
from pipeline.methods.mov.head import Head
from pipeline.methods.mov.inference import Path, answers_of, frozen_probabilities
from pipeline.methods.mov.losses import loss_of
from pipeline.methods.mov.tower import LearnedTower
from pipeline.methods.mov.vectors import frame_vectors


class MovLearner(nn.Module):
    """h_f or h_a, and the head, bound to the classes that are learned."""

    texts: Tensor

    def __init__(self, options: MovOptions, towers: VideoTowers, classes: Classes, seed: int, cut: str = "pixels"):
        """Start: the tower as CLIP, the head drawn from the seed.

        Args:
            options: of the method.
            towers: `other` is needed; `frames` where batches bring pictures.
            classes: that are learned, B.
            seed: equal seeds make equal heads.
            cut: of the tower of flow or sound, where batches come from.

        Raises:
            MethodError: the tower is not given, or the cut lies above the first learned tensor.
        """
        super().__init__()
        if towers.other is None:
            raise MethodError("mov: no tower is given that reads flow or sound. Make one by frozen_tower(visual, ...)")
        staged = towers.other.staged
        self.options, self._frames = options, (towers.frames,)  # in a tuple, so that it is no module of this one
        self.tower = LearnedTower(options, towers.other, cut)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            head = Head(options, int(self.tower.proj.shape[1]))
        self.head = head.to(staged.device, staged.dtype)
        self.register_buffer("texts", classes.texts.to(staged.device, staged.dtype), persistent=False)

    def forward(self, batch: MovBatch) -> tuple[Tensor, dict[str, Tensor]]:
        """L of Eq. 9, times the batch's share of its step, and the parts by name.

        Raises:
            MethodError: a batch lacks the other modality.
        """
        if batch.other is None:
            raise MethodError(f"mov: a batch to learn from has no {self.options.other}. Leave out clips that lack it")
        v = self._video(batch.video)
        v_m, x_m = self.head(v, self._other(batch.other))
        total, parts = loss_of(v_m, x_m, v, self.texts, batch.labels.to(v.device), self.options)
        if batch.share == 1.0:
            return total, parts
        return total * batch.share, {name: value * batch.share for name, value in parts.items()}

    @torch.no_grad()
    def answers(self, clips: MovClips, classes: Classes, path: Path) -> Answers:
        """Probabilities among some classes: those that were learned ("base"), or any names ("novel").

        A clip that lacks flow or sound is judged by its frames alone, as frozen CLIP sees them: P_v of Eq. 11, in every row.
        """
        v = self._video(clips.video)
        texts = classes.texts.to(v.device, v.dtype)
        frozen = frozen_probabilities(v, texts, self.options)
        if clips.other is None:
            rows = torch.zeros(len(v), dtype=torch.bool, device=v.device)
        elif clips.present is None:
            rows = torch.ones(len(v), dtype=torch.bool, device=v.device)
        else:
            rows = clips.present.to(v.device)
        found = dict.fromkeys(("video", "other", "scores", "frozen", "novel", "base", "answer"), frozen)
        if clips.other is not None and rows.any():
            whole = self._whole(v[rows], clips.other[rows.to(clips.other.device)], texts, path)
            found = {name: frozen.masked_scatter(rows[:, None], whole[name]) for name in found}
        return Answers(found.pop("answer"), ~rows, found)

    def _whole(self, v: Tensor, other: Tensor, texts: Tensor, path: Path) -> dict[str, Tensor]:
        """Clips that have both modalities."""
        views = v.shape[:2]
        v_m, x_m = self.head(v.flatten(0, 1), self._other(other.flatten(0, 1)))
        return answers_of(v_m.unflatten(0, views), x_m.unflatten(0, views), v, texts, path, self.options)

    def _video(self, video: Tensor) -> Tensor:
        """Vectors of frames (..., F, d)."""
        return frame_vectors(video, self._frames[0]).to(self.texts.device, self.texts.dtype)

    def _other(self, other: Tensor) -> Tensor:
        """Vectors (B, T, d): one a frame of flow, or those of a spectrogram."""
        if self.options.other == "sound":
            return self.tower(other)
        return self.tower(other.flatten(0, 1))[:, 0].unflatten(0, other.shape[:2])
