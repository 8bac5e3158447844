"""A recipe of questions bound to its clips, their questions, and towers."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from pipeline.caching.needs import Need
from pipeline.datasets.av.questions import AvQuestion, AvQuestions, read_questions
from pipeline.datasets.av.questions.miniature import miniature_root, undrawn_questions
from pipeline.datasets.av.questions.published import published_avqa
from pipeline.methods.copl.counts import learned
from pipeline.methods.copl.questions.config import QuestionsOptions
from pipeline.methods.copl.questions.counts import head_numbers, step_macs
from pipeline.methods.copl.questions.memory import step_bytes
from pipeline.methods.copl.questions.steps import negatives_cut, parts_of
from pipeline.recipe.question_data import MiniatureQuestionsData, MusicAvqaData
from pipeline.sources.segments import frames_spec
from pipeline.tasks.av.bound import BoundAv, Price
from pipeline.tasks.av.sources import Form
from pipeline.tasks.av.towers import Towers
from pipeline.tasks.av_questions.recipe import AvQuestionsRecipe
from stores import text_key
from stores.address import local_side

PATHS = ("root", "questions")
"""Keys under `questions` that are paths."""


def form_of(towers: Towers, segments: int, segment_s: float) -> Form:
    """How clips are read: at the paper's size and length, the spectrograms are those that LAVISH has of MUSIC-AVQA."""
    return Form(segments, segment_s, "copl-avqa")


@dataclass(frozen=True)
class BoundAvQuestions(BoundAv[AvQuestionsRecipe, AvQuestion]):
    """A recipe bound to its towers, its clips and the questions about them."""

    part = "questions"
    kind = "question"
    examples = "questions"

    @cached_property
    def clips(self) -> AvQuestions:
        """The questions; clips of the miniature world are written first. A plan does without what is not there, see `to_come`."""
        data, found = self.recipe.questions, self._found()
        version = "" if isinstance(data, MiniatureQuestionsData) else found.version  # it is published in one only
        return replace(found, version=version, segments=data.segments, segment_s=data.segment_s)

    def _found(self) -> AvQuestions:
        workspace, data = local_side(self.recipe.workspace), self.recipe.questions
        if self.to_come and isinstance(data, MiniatureQuestionsData):
            return undrawn_questions(data, workspace)
        return (
            published_avqa(data)
            if self.to_come and isinstance(data, MusicAvqaData)
            else read_questions(data, workspace)
        )

    @cached_property
    def to_come(self) -> str:
        """Why a plan is of questions that are not there; empty where they are.

        Those of the miniature world are drawn when it runs; of MUSIC-AVQA, numbers are those of the published lists.
        """
        data = self.recipe.questions
        if self.draws:
            return ""
        if isinstance(data, MiniatureQuestionsData):
            drawn = miniature_root(data, local_side(self.recipe.workspace)).exists()
            return "" if drawn else "not drawn yet"
        return "not downloaded yet: as published" if isinstance(data, MusicAvqaData) and not data.root.exists() else ""

    @property
    def decoded_a_second(self) -> Mapping[str, float]:
        """See `BoundAv`; those of MUSIC-AVQA are a minute long, six times as long as those that were measured."""
        longer = 6 if isinstance(self.recipe.questions, MusicAvqaData) else 1
        return {role: rate / longer for role, rate in super().decoded_a_second.items()}

    @property
    def form(self) -> Form:
        """How the clips are read."""
        return form_of(self.towers, self.clips.segments, self.clips.segment_s)

    @classmethod
    def path_keys(cls) -> Iterable[str]:
        """See `BoundAv`."""
        return PATHS

    def reads(self, role: str, options: QuestionsOptions) -> tuple[Need, ...]:
        """See `BoundAv`."""
        return () if options.head.use == "question" else super().reads(role, options)

    def print_of(self, clips: Sequence[AvQuestion]) -> str:
        """Fingerprint of questions with their clips and answers."""
        return text_key(json.dumps([[q.video.key, q.sound.key, q.tokens, q.answer] for q in clips]))

    def knows(self) -> Mapping[str, object]:
        """The words that can be asked, and the answers that can be given, by their numbers."""
        return {"words": list(self.clips.words), "answers": list(self.clips.answers), "longest": self.clips.longest}

    def more_of(self, options: QuestionsOptions) -> tuple[Need, ...]:
        """Frames of a grid of every clip, as the visual tower's last block leaves them; nothing where none are matched."""
        if not options.head.matches:
            return ()
        card, shape = self.towers.cards["visual"], self.towers.shapes["visual"]
        return (Need(frames_spec(shape.input[0], options.negatives), card, negatives_cut(shape)),)

    def numbers_of(self, options: QuestionsOptions) -> Mapping[str, int]:
        """See `BoundAv`."""
        visual, audio = self.towers.pair
        head = head_numbers(options.head, visual.width, audio.width, len(self.clips.words), len(self.clips.answers))
        return {**learned(options, visual, audio, self.form.segments), "head": sum(head.values())}

    def price_of(self, options: QuestionsOptions, clips: int) -> Price:
        """See `BoundAv`. What questions share a pass through the towers is told by all of train."""
        pair, known = self.towers.pair, self.clips
        asked = options.batch // options.accumulate
        parts = parts_of(self._clip_of, options) if self._clip_of else 0
        sizes = (options, *pair, known.segments, options.videos, asked)
        return Price(
            macs=step_macs(*sizes, known.longest, len(known.answers)) * parts,
            kept=step_bytes(*sizes, len(known.words), len(known.answers), known.longest),
            steps=-(-parts // options.accumulate),
        )

    @cached_property
    def _clip_of(self) -> list[int]:
        """Of every question of train, the number of its clip."""
        place: dict[str, int] = {}
        return [place.setdefault(question.video.key, len(place)) for question in self.of("train")]

    def answer_bytes(self) -> int:
        """About what a result holds of a question."""
        return 4 * (3 * len(self.clips.answers) + 2 + 2 * self.form.segments)
