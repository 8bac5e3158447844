"""A step of CoPL on questions written straightforwardly: every question runs its clip, and the frames that it is set against.

The towers are those of `plain_copl_step`; frames of other videos go through the frozen network in every step, as LAVISH has it.
Dims: Q questions, T seconds, L tokens, C width, d width of the head.
"""

from collections.abc import Mapping
from typing import Any

import torch
from plain_copl_step import PlainCopl
from torch import Tensor
from torch.nn import functional as F


class PlainQuestions:
    """The loss of questions, each with a clip of its own.

    Args:
        model: timm's `SwinTransformerV2`.
        own: learned tensors by their names in `QuestionsLearner`.
        weight: lambda.
        heads: of the attention over seconds.
    """

    def __init__(self, model: Any, own: Mapping[str, Tensor], weight: float, heads: int):
        self._model, self._own, self._heads, self._weight = model, own, heads, weight
        self._towers = PlainCopl(model, own, weight)

    def loss(self, visual: Tensor, audio: Tensor, negatives: Tensor, words: Tensor, answers: Tensor) -> Tensor:
        """Of rows (Q, T, 3, height, width) of both sides and of others' frames, words (Q, N) and answers (Q,)."""
        seen, heard = (self._towers.tower(rows, side) for rows, side in ((visual, "visual"), (audio, "audio")))
        sound = self._linear("heard", self._linear("audio", heard).mean(2).relu())
        with torch.no_grad():
            others = (
                self._model.forward_features(negatives.flatten(0, 1)).flatten(1, 2).unflatten(0, negatives.shape[:2])
            )
        frames = self._grounded(seen, sound)
        matched = torch.cat([self._match(sound, frames), self._match(sound, self._grounded(others, sound))])
        truth = torch.arange(2).flip(0).repeat_interleave(len(matched) // 2)
        question = self._question(words)
        parts = [
            (self._read(side, question, held) + held.mean(1)).tanh()
            for side, held in (("audio", sound), ("visual", frames))
        ]
        logits = self._linear("answer", (question * self._linear("fusion", torch.cat(parts, -1))).tanh())
        loss = F.cross_entropy(logits, answers) + 0.5 * F.cross_entropy(matched, truth)
        return loss + self._weight * F.mse_loss(seen, heard)

    def _linear(self, name: str, x: Tensor) -> Tensor:
        return F.linear(x, self._own[f"head.{name}.weight"], self._own[f"head.{name}.bias"])

    def _question(self, words: Tensor) -> Tensor:
        vectors = self._own["head.question.words.weight"][words].tanh()
        names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
        weights = [self._own[f"head.question.lstm.{name}"] for name in names]
        start = vectors.new_zeros(1, len(words), weights[1].shape[1])
        _, hidden, cell = torch.lstm(vectors.transpose(0, 1), (start, start), weights, True, 1, 0.0, True, False, False)
        return self._linear("question.out", torch.cat([hidden[0], cell[0]], -1).tanh())

    def _grounded(self, tokens: Tensor, sound: Tensor) -> Tensor:
        mapped = self._linear("visual", tokens)
        normed = F.normalize(mapped, dim=-1)
        weights = (normed @ F.normalize(sound, dim=-1)[..., None]).softmax(2)
        return self._linear("grounding.out", torch.cat([mapped.mean(2), (weights * normed).sum(2)], -1).tanh())

    def _match(self, sound: Tensor, frames: Tensor) -> Tensor:
        x = torch.cat([sound, frames], -1).flatten(0, 1)
        for number in (0, 2, 4):
            x = self._linear(f"matching.{number}", x).relu()
        return self._linear("matching.6", x)

    def _read(self, side: str, question: Tensor, seconds: Tensor) -> Tensor:
        name, width = f"reading.{side}", question.shape[-1]
        read = F.multi_head_attention_forward(
            question[None], seconds.transpose(0, 1), seconds.transpose(0, 1), width, self._heads,
            self._own[f"head.{name}.in_weight"], self._own[f"head.{name}.in_bias"], None, None, False, 0.0,
            self._own[f"head.{name}.out.weight"], self._own[f"head.{name}.out.bias"], need_weights=False,
        )[0][0]  # fmt: skip
        read = read + self._linear(f"{name}.back", self._linear(f"{name}.into", read).relu())
        return F.layer_norm(read, (width,), self._own[f"head.{name}.norm.weight"], self._own[f"head.{name}.norm.bias"])
