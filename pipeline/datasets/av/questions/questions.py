"""Questions about clips with pictures and sound, their answers, and the words of both.

Dims: L = words of the longest question.
"""

from dataclasses import dataclass
from typing import ClassVar

from pipeline.datasets.av.listed import Leak, ListedClips, RejectedClip, Split, SplitCount, some_of
from pipeline.datasets.rows import MediaRow

Kind = tuple[str, str]
"""The modality that a question is about and its type: ("Audio-Visual", "Counting")."""


@dataclass(frozen=True)
class AvQuestion:
    """One question about a video, and its answer.

    Attributes:
        key: of the question, not of the media: a video has several. 32 hexadecimal digits.
        video: where its pictures are read: a file, or a folder of frames.
        sound: where its sound is read; the same row where one file has both.
        name: what people call the video: its id, or the file's path as the list has it.
        question_id: what the list calls the question; its number where the list has no such names.
        text: as it is asked, with names filled in.
        tokens: its words, as `words.cut` gives them.
        kind: see `Kind`.
        answer: what is right.
        split: "train", "val" or "test".
        row: its number in its list, from 0.
    """

    key: str
    video: MediaRow
    sound: MediaRow
    name: str
    question_id: str
    text: str
    tokens: tuple[str, ...]
    kind: Kind
    answer: str
    split: Split
    row: int


@dataclass(frozen=True)
class AvQuestions(ListedClips[AvQuestion]):
    """What a reader found.

    Attributes:
        answers: all answers of train's list, in the order in which they first appear there: what a model can say.
        words: of train's questions, in that order, behind `words.PAD`.
        longest: L, words of the longest question of all splits.
        version: which list it is: "json", "json_update", or "" where there is one only.
        questions: those that can be used, in the order of the list, train first where each split has its own.
        refused: those that cannot, in that order.
        counts: questions found and listed, split by split and kind by kind; `label` is `kind_name(kind)`.
        leaks: videos of which more than one split has questions.
        left_out: questions that were left out, and why.
        strange: files beside the listed ones that no question names.
        unsaid: (split, answer, questions) of right answers that are none of `answers`: they count as wrong, whatever is said.
        segments: T, into which a clip is divided, however long it is.
        segment_s: seconds of sound of each.
    """

    items: ClassVar[str] = "questions"
    answers: tuple[str, ...]
    words: tuple[str, ...]
    longest: int
    version: str
    questions: tuple[AvQuestion, ...]
    refused: tuple[RejectedClip, ...] = ()
    counts: tuple[SplitCount, ...] = ()
    leaks: tuple[Leak, ...] = ()
    left_out: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()
    unsaid: tuple[tuple[Split, str, int], ...] = ()
    segments: int = 10
    segment_s: float = 1.95

    @property
    def clips(self) -> tuple[AvQuestion, ...]:  # type: ignore[override]  # what is listed here is questions
        """The questions that can be used."""
        return self.questions

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of the questions that can be used, modalities together, in the order in which they appear."""
        found = tuple(dict.fromkeys(question.kind for question in self.questions))
        modalities = list(dict.fromkeys(modality for modality, _ in found))
        return tuple(sorted(found, key=lambda kind: modalities.index(kind[0])))

    def videos(self, *splits: Split) -> tuple[str, ...]:
        """Keys of the videos' pictures of some splits, each once, in the order of their first questions."""
        return tuple(dict.fromkeys(question.video.key for question in self.of(*splits)))

    def answer_of(self, question: AvQuestion) -> int:
        """The number of a question's answer; -1 for one that no question of train has, which counts as wrong."""
        return self.answers.index(question.answer) if question.answer in self.answers else -1

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the figures must know, a sentence each."""
        unsaid = (
            f"{count:,} of {split} have the answer {answer!r}, which train never has: they count as wrong"
            for split, answer, count in self.unsaid
        )
        return (*super().notes, *unsaid)

    @property
    def why_left_out(self) -> str:
        """See `ListedClips`."""
        return f"each with its reason: {some_of(self.left_out)}"


def kind_name(kind: Kind) -> str:
    """A kind as tables have it: "Audio-Visual, Counting"."""
    return ", ".join(part for part in kind if part)
