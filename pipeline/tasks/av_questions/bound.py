"""A recipe of questions bound to its clips, their questions, and towers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pipeline.caching.needs import Need
from pipeline.datasets.av.questions import AvQuestion, AvQuestions, read_questions
from pipeline.datasets.av.questions.miniature import miniature_root, undrawn_questions
from pipeline.datasets.av.questions.published import published_music_avqa
from pipeline.methods.copl.counts import learned
from pipeline.methods.copl.questions.config import QuestionsOptions
from pipeline.methods.copl.questions.counts import head_numbers, step_macs
from pipeline.methods.copl.questions.memory import step_bytes
from pipeline.methods.copl.questions.steps import negatives_cut, parts_of
from pipeline.recipe.question_data import MiniatureQuestionsData, MusicAvqaData
from pipeline.sources.segments import frames_spec
from pipeline.tasks.av.bound import BoundAv, Price
from pipeline.tasks.av.cost import paper_numbers
from pipeline.tasks.av_questions.recipe import AvQuestionsRecipe
from stores import fingerprint
from stores.address import local_side


@dataclass(frozen=True)
class BoundAvQuestions(BoundAv[AvQuestionsRecipe, AvQuestion]):
    """A recipe bound to its towers, its clips and the questions about them."""

    part = "questions"
    kind = "question"
    examples = "questions"

    @cached_property
    def clips(self) -> AvQuestions:
        """The questions; clips of the miniature world are written first. A plan does without what is not there, see `to_come`."""
        workspace, data = local_side(self.recipe.workspace), self.recipe.questions
        if self.to_come and isinstance(data, MiniatureQuestionsData):
            return undrawn_questions(data, workspace)
        return published_music_avqa(data) if self.to_come and isinstance(data, MusicAvqaData) else read_questions(data, workspace)

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

    def print_of(self, clips: Sequence[AvQuestion]) -> str:
        """Fingerprint of questions with their clips and answers."""
        return fingerprint([[q.video.key, q.sound.key, list(q.tokens), q.answer] for q in clips])

    def knows(self) -> Mapping[str, object]:
        """The words that can be asked, and the answers that can be given, by their numbers."""
        return {"words": list(self.clips.words), "answers": list(self.clips.answers), "longest": self.clips.longest}

    def negatives_of(self, options: QuestionsOptions) -> Need | None:
        """What frames of other videos are read from; None of a method that matches none."""
        if not options.head.matches:
            return None
        card, shape = self.towers.cards["visual"], self.towers.shapes["visual"]
        return Need(frames_spec(shape.input[0], options.negatives), card, negatives_cut(shape))

    def numbers_of(self, options: QuestionsOptions) -> Mapping[str, int]:
        """Part -> how many numbers are learned, the head among them."""
        visual, audio = self.towers.pair
        head = head_numbers(options.head, visual.width, audio.width, len(self.clips.words), len(self.clips.answers))
        return {**learned(options, visual, audio, self.form.segments), "head": sum(head.values())}

    def price_of(self, options: QuestionsOptions, clips: Sequence[AvQuestion]) -> Price:
        """What a method costs with some questions to learn from; no torch."""
        videos = list({question.video.key: None for question in clips})
        place = {key: number for number, key in enumerate(videos)}
        of, segments, pair = [place[question.video.key] for question in clips], self.form.segments, self.towers.pair
        parts = parts_of(of, options) if of else 0
        asked = options.batch // options.accumulate
        macs = step_macs(
            options, *pair, segments, options.videos, asked, self.clips.longest, len(self.clips.answers)
        )  # fmt: skip
        return Price(
            self.numbers_of(options), macs * parts,
            step_bytes(options, *pair, segments, options.videos, asked, len(self.clips.words), len(self.clips.answers)),
            -(-parts // options.accumulate), paper_numbers(self.towers, "questions"),
        )  # fmt: skip

    def answer_bytes(self) -> int:
        """About what a result holds of a question."""
        return 4 * (3 * len(self.clips.answers) + 2 + 2 * self.form.segments)
