"""AVST's head as LAVISH has it on tokens of towers: an answer to a question about a clip, and whether frames match sounds.

Dims: V videos, T seconds, L tokens, C width of a tower, Q questions, d width, K answers.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pipeline.methods.copl.questions.config import QuestionsHeadOptions
from pipeline.methods.copl.questions.counts import sides_of
from pipeline.methods.copl.questions.encoder import QuestionEncoder
from pipeline.methods.copl.questions.grounding import Grounding, Matching
from pipeline.methods.copl.questions.reading import Reading
from pipeline.training.dropout import Drops


@dataclass(frozen=True)
class Seconds:
    """What the head holds of videos before any question is asked.

    Attributes:
        heard: (V, T, d); None where sound is not used.
        seen: (V, T, d), grounded; None where pictures are not used.
    """

    heard: Tensor | None
    seen: Tensor | None


@dataclass(frozen=True)
class Answered:
    """What the head says.

    Attributes:
        logits: (Q, K).
        moments: side -> weights of the seconds (Q, T) by which the question read it.
        shares: side -> its share (Q,) in what the answer is made of, see `QuestionsHead.fused`; they sum to 1.
    """

    logits: Tensor
    moments: dict[str, Tensor]
    shares: dict[str, Tensor]


class QuestionsHead(nn.Module):
    """logits = W tanh(q * f) + b, where q is the question and f what both sides say to it."""

    def __init__(self, options: QuestionsHeadOptions, visual: int, audio: int, words: int, answers: int):
        """Draw all as torch does; parts that are not used are not there.

        Args:
            options: of the head.
            visual: width of the visual tokens.
            audio: of the audio tokens.
            words: of the vocabulary, padding among them.
            answers: K.
        """
        super().__init__()
        self._options, width = options, options.width
        self.sides = sides_of(options)
        self.question = QuestionEncoder(words, width)
        if "visual" in self.sides:
            self.visual, self.grounding = nn.Linear(visual, width), Grounding(width)
        if "audio" in self.sides:
            self.audio, self.heard = nn.Linear(audio, width), nn.Linear(width, width)
        if options.matches:
            self.matching = Matching(width)
        self.reading = nn.ModuleDict({side: Reading(width, options.heads, options.dropout) for side in self.sides})
        self.fusion = nn.Linear(len(self.sides) * width, width) if self.sides else None
        self.answer = nn.Linear(width, answers)

    def forward(self, seconds: Seconds, video_of: Tensor, words: Tensor, drops: Drops | None = None) -> Answered:
        """Answer questions.

        Args:
            seconds: of the videos.
            video_of: int64 (Q,), the video of each question.
            words: int64 (Q, words of a question).
            drops: what a training step leaves out.
        """
        question = self.question(words)
        fused, moments, shares = self.fused(seconds, video_of, question, drops)
        product = question if fused is None else question * fused
        return Answered(self.answer(product.tanh()), moments, shares)

    def seconds(self, visual: Tensor | None, audio: Tensor | None) -> Seconds:
        """Read tokens (V, T, L, C) of both sides, or of that which is used."""
        heard = seen = None
        if "audio" in self.sides:
            assert audio is not None
            heard = self.heard(self.audio(self._fitting(audio)).mean(2).relu())
        if "visual" in self.sides:
            assert visual is not None
            seen = self.grounding(self.visual(self._fitting(visual)), heard)
        return Seconds(heard, seen)

    def matched(self, seconds: Seconds, frames: Tensor | None = None) -> Tensor:
        """Logits (V, T, 2), no and yes, whether the frames of a second belong to its sound.

        Args:
            seconds: of the videos; their own frames are asked about.
            frames: tokens (V, T, L, C) of others to be asked about instead.
        """
        assert seconds.heard is not None
        seen = seconds.seen if frames is None else self.grounding(self.visual(self._fitting(frames)), seconds.heard)
        assert seen is not None
        found: Tensor = self.matching(torch.cat([seconds.heard, seen], -1))
        return found

    def fused(
        self, seconds: Seconds, video_of: Tensor, question: Tensor, drops: Drops | None
    ) -> tuple[Tensor | None, dict[str, Tensor], dict[str, Tensor]]:
        """What both sides say, f (Q, d) = W tanh([read + mean of all seconds, of every side]) + b.

        With it go the weights of the seconds, and the shares of the sides: the length of q * (W_side tanh(.)) against the sum
        of both lengths.
        """
        held = {"audio": seconds.heard, "visual": seconds.seen}
        parts: list[Tensor] = []
        moments: dict[str, Tensor] = {}
        for side in self.sides:
            own = held[side]
            assert own is not None
            read, moments[side] = self.reading[side](question, own[video_of], drops)
            parts.append((read + own.mean(1)[video_of]).tanh())
        if self.fusion is None:
            return None, {}, {}
        fused = self.fusion(torch.cat(parts, -1))
        with torch.no_grad():
            weights = self.fusion.weight.chunk(len(parts), -1)
            lengths = [(question * (part @ w.T)).norm(dim=-1) for part, w in zip(parts, weights, strict=True)]
            shares = [length / torch.stack(lengths).sum(0).clamp_min(1e-12) for length in lengths]
        return fused, moments, dict(zip(self.sides, shares, strict=True))

    def _fitting(self, tokens: Tensor) -> Tensor:
        return tokens.to(self.answer.weight.dtype)
