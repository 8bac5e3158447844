"""What the training loop is given: CoPL and AVST's head, batches of clips with questions, and a loss (Eq. 11).

Dims: V clips, T seconds, L tokens, C width, Q questions, K answers.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.encoders.stepped.base import SteppedTower, run
from pipeline.methods.copl.errors import CoplError
from pipeline.methods.copl.learner import Rows
from pipeline.methods.copl.model import Copl
from pipeline.methods.copl.parallel import Parallel
from pipeline.methods.copl.questions.config import QuestionsOptions
from pipeline.methods.copl.questions.grounding import matching_losses
from pipeline.methods.copl.questions.head import Answered, QuestionsHead, Seconds
from pipeline.methods.copl.towered import Towered
from pipeline.training.dropout import Drops


@dataclass(frozen=True)
class QuestionBatch:
    """Clips and questions about them, to learn from or to answer.

    Attributes:
        visual: (V, T, ...), what `places.reads` says that is read of the visual tower, as of events; each clip once, however many
            questions there are about it. Of `use: question` it is not read, and None will do.
        audio: of the audio tower.
        video_of: int64 (Q,), the row in `visual` and `audio` of each question's clip.
        words: int64 (Q, words of a question).
        answers: int64 (Q,); -1 where it is not known, which is allowed where nothing is learned.
        negatives: (V, T, L, C), for every second a frame of another video, as the visual tower's last block leaves it without
            prompts (`steps.negatives_cut`); or the frame itself, as the tower enters it. Only learning reads it, and only where
            frames are matched.
        draw: seed of what this step drops; only learning reads it.
    """

    visual: Rows | None
    audio: Rows | None
    video_of: Tensor
    words: Tensor
    answers: Tensor
    negatives: Tensor | None = None
    draw: int | None = None


class QuestionsLearner(nn.Module):
    """L = CE of the answers + match CE_match + lambda L_con. Its parts are `prompts` and `head`, each with its own rate.

    CE_match and L_con are means over questions, too: a clip weighs as often as it is asked about. So the loss and its gradients
    are those of a pass of its own for every question, whichever questions share one.
    """

    def __init__(
        self,
        options: QuestionsOptions,
        visual: SteppedTower,
        audio: SteppedTower,
        segments: int,
        words: int,
        answers: int,
        seed: int,
    ):
        """Draw the start values; equal seeds make equal ones.

        Args:
            options: of the method; the rung `none` is the head on frozen towers.
            visual: frozen.
            audio: frozen; the same object where one tower serves both sides.
            segments: T.
            words: of the vocabulary, padding among them.
            answers: K.
            seed: of what is drawn.

        Raises:
            CoplError: the options do not fit the towers.
        """
        super().__init__()
        self._options, self._towers = options, (visual, audio)  # a tuple, so that they are no parts
        kind = Parallel if options.variant == "parallel" or options.rung == "none" else Copl
        self.prompts = kind(options, visual, audio, segments, seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.head = QuestionsHead(options.head, visual.shape.width, audio.shape.width, words, answers)
        self.start = self.prompts.places.first if options.variant == "late" else 0
        self.to(visual.device)

    def forward(self, batch: QuestionBatch) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss, and its parts: `loss`, `task`, and where there are such, `match` and `consistency`.

        Raises:
            CoplError: what learning reads is lacking.
        """
        options, towered = self._options, self.towered(batch)
        seconds = self._seconds(towered)
        answered = self.head(seconds, batch.video_of, batch.words, self._drops(batch))
        parts = {"task": F.cross_entropy(answered.logits, batch.answers)}
        loss = parts["task"]
        if options.head.matches:
            parts["match"] = self._match(seconds, batch)
            loss = loss + options.head.match * parts["match"]
        if options.has_consistency and towered is not None:
            parts["consistency"] = self._consistency(towered, batch.video_of)
            loss = loss + options.consistency * parts["consistency"]
        return loss, {"loss": loss.detach(), **{name: value.detach() for name, value in parts.items()}}

    def towered(self, batch: QuestionBatch) -> Towered | None:
        """Tokens of both sides of every clip; None where no tower is read."""
        if self._options.head.use == "question":
            return None
        if batch.visual is None or batch.audio is None:
            raise CoplError(
                f"copl: use: {self._options.head.use} reads both towers, and a batch has no clips. Give visual and audio"
            )
        return self.prompts(batch.visual, batch.audio, self.start, maps=False)

    @torch.no_grad()
    def answers(self, batch: QuestionBatch) -> Tensor:
        """Probabilities (Q, K); nothing is dropped."""
        return self.answered(batch).logits.softmax(-1)

    @torch.no_grad()
    def answered(self, batch: QuestionBatch) -> Answered:
        """Logits (Q, K), and by what they came: the seconds that were read of each side, and the sides' shares."""
        found: Answered = self.head(self._seconds(self.towered(batch)), batch.video_of, batch.words)
        return found

    def _seconds(self, towered: Towered | None) -> Seconds:
        return Seconds(None, None) if towered is None else self.head.seconds(towered.visual, towered.audio)

    def _drops(self, batch: QuestionBatch) -> Drops | None:
        if not self._options.head.dropout or not self.head.sides:
            return None
        if batch.draw is None:
            raise CoplError(
                f"copl: dropout is {self._options.head.dropout}, and a batch to learn from says no draw. Give it one that is a "
                "function of seed, epoch and step (pipeline.training.dropout.draw_of)"
            )
        return Drops(batch.draw)

    def _match(self, seconds: Seconds, batch: QuestionBatch) -> Tensor:
        """CE_match: a mean over the seconds of every question's clip, each with its own frame and with another's."""
        own = matching_losses(self.head.matched(seconds), True)
        other = matching_losses(self.head.matched(seconds, self._frozen(batch, own.shape)), False)
        return torch.stack([own, other])[:, batch.video_of].mean()

    @torch.no_grad()
    def _frozen(self, batch: QuestionBatch, wanted: torch.Size) -> Tensor:
        """Frames of others behind the frozen tower's last norm (V, T, L, C)."""
        given, tower = batch.negatives, self._towers[0]
        if given is None or given.shape[:2] != wanted:
            found = "nothing was" if given is None else f"frames for {tuple(given.shape[:2])} were"
            raise CoplError(
                f"copl: learning sets {tuple(wanted)} (clips, seconds) against frames of other videos, and {found} given. Give "
                "negatives, or write head: {match: 0}"
            )
        tokens = given.flatten(0, 1)
        if given.shape[2:] != (tower.shape.tokens, tower.shape.width):
            tokens = run(tower, tower.enter(tokens))
        return tower.leave(tokens.to(tower.dtype)).unflatten(0, wanted)

    def _consistency(self, towered: Towered, video_of: Tensor) -> Tensor:
        each = torch.stack([self.prompts.compared(*pair) for pair in zip(towered.visual, towered.audio, strict=True)])
        return each[video_of].sum() if self._options.consistency_sum else each[video_of].mean()
