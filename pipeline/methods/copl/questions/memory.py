"""How much memory a training step on questions takes; without torch, so that a recipe can be judged by it.

Weights, what is read of the store and what the optimiser keeps are not among the counts. Dims: as in `counts`; h heads.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.methods.copl.counts import is_pooled, learned
from pipeline.methods.copl.memory import towers_bytes
from pipeline.methods.copl.places import alike
from pipeline.methods.copl.questions.config import QuestionsOptions
from pipeline.methods.copl.questions.counts import ANSWERS, LONGEST, WORDS, head_numbers, sides_of

if TYPE_CHECKING:
    from pipeline.encoders.stepped.shape import TowerShape


def step_bytes(
    options: QuestionsOptions,
    visual: "TowerShape",
    audio: "TowerShape",
    segments: int,
    videos: int,
    questions: int,
    words: int = WORDS,
    answers: int = ANSWERS,
    longest: int = LONGEST,
    itemsize: int = 4,
) -> int:
    """Count the bytes at the peak of a step, or of one part of it where `accumulate` cuts it into several.

    The backward pass goes through what was made last first: frames of other videos, answers and questions, seconds, towers. On
    its way gradients of what is learned come, and what was kept goes.

    Args:
        options: of the method.
        visual: sizes of the visual tower.
        audio: of the audio tower.
        segments: T.
        videos: that are run at once.
        questions: about them.
        words: of the vocabulary, padding among them.
        answers: K.
        longest: N.
        itemsize: bytes a number of what is kept; gradients have 4.
    """
    rows, head = videos * segments * itemsize, _Head(options, visual, audio)
    numbers = head_numbers(options.head, visual.width, audio.width, words, answers)
    parts = learned(options, visual, audio, segments) if sides_of(options.head) else {}
    gone = 4 * (sum(numbers.values()) + parts.get("alignment", 0))
    every = gone + 4 * sum(count for name, count in parts.items() if name != "alignment")
    below, tops = (
        towers_bytes(options, visual, audio, segments, videos, itemsize) if sides_of(options.head) else (0, ())
    )
    seconds = below + rows * head.second()
    asked = questions * itemsize * head.question(segments, longest, answers)
    matched = 4 * (numbers.get("matching", 0) + numbers.get("visual", 0)) if options.head.matches else 0
    last = 4 * (numbers.get("audio", 0) + (not options.head.matches) * numbers.get("visual", 0))
    return max(
        seconds + asked + rows * head.negative() + matched,
        seconds + asked + gone - last,
        seconds + gone - 4 * numbers.get("audio", 0) + rows * 2 * options.head.width * visual.tokens,
        below + gone + rows * head.mapped(),
        *(top + (gone if number == len(tops) else every) for number, top in enumerate(tops, 1)),
    )


def kept_bytes(
    options: QuestionsOptions,
    visual: "TowerShape",
    audio: "TowerShape",
    segments: int,
    videos: int,
    questions: int,
    answers: int = ANSWERS,
    longest: int = LONGEST,
    itemsize: int = 4,
) -> int:
    """Count the bytes that the forward pass keeps for the backward one; arguments as of `step_bytes`."""
    rows, head = videos * segments * itemsize, _Head(options, visual, audio)
    below = towers_bytes(options, visual, audio, segments, videos, itemsize)[0] if sides_of(options.head) else 0
    asked = questions * itemsize * head.question(segments, longest, answers)
    return below + rows * (head.second() + head.negative()) + asked


@dataclass(frozen=True)
class _Head:
    """Numbers that the head keeps, of one second of a clip or of one question."""

    options: QuestionsOptions
    visual: "TowerShape"
    audio: "TowerShape"

    def second(self) -> int:
        """The towers' tokens, what is heard and seen of them, and whether they match."""
        options, sides, d = self.options, sides_of(self.options.head), self.options.head.width
        compared = bool(sides) and options.has_consistency and not is_pooled(options, alike(self.visual, self.audio))
        kept = 0
        for side, shape in (("visual", self.visual), ("audio", self.audio)):
            kept += (compared or side in sides) * shape.tokens * shape.width
        kept += ("audio" in sides) * 2 * d
        if "visual" in sides:
            kept += self._frame("audio" in sides)
        return kept + options.head.matches * self._matched()

    def negative(self) -> int:
        """A frame of another video."""
        own = self.visual.tokens * self.visual.width + self._frame(True) + self._matched()
        return self.options.head.matches * own

    def question(self, segments: int, longest: int, answers: int) -> int:
        """The LSTM's inside, word by word, what is read of the seconds, and the answers.

        The numbers of d are measured: how much an LSTM keeps, and dropout's masks, is torch's own matter.
        """
        d, heads = self.options.head.width, self.options.head.heads
        reading = 3 * segments * d + 3 * heads * segments + 18 * d
        return 20 * longest * d + 6 * d + 2 * answers + len(sides_of(self.options.head)) * reading

    def mapped(self) -> int:
        """What is there when the last map of tokens has its gradient: the tokens and, where towers learn, theirs."""
        learns = self.options.rung != "none"
        shapes = {"audio": self.audio, "visual": self.visual}
        sizes = [shapes[side].tokens * shapes[side].width for side in sides_of(self.options.head)]
        return 2 * sum(sizes) if learns else sum(sizes[:1])

    def _frame(self, grounded: bool) -> int:
        """A frame mapped, and once more normalised where a sound looks at it."""
        d, tokens = self.options.head.width, self.visual.tokens
        return tokens * (d + 2) + 2 * d + grounded * (tokens * (d + 1) + d)

    def _matched(self) -> int:
        """Inputs of four maps."""
        d = self.options.head.width
        return 2 * d + d + d // 2 + d // 4 + 2
