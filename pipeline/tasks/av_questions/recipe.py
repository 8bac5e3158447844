"""The shape of a recipe of questions about clips; free of torch."""

from typing import Literal

from pydantic import Field

from pipeline.methods.copl.questions.config import QuestionsOptions
from pipeline.recipe.question_data import QuestionData
from pipeline.tasks.av.recipe import AvRecipe


class AvQuestionsRecipe(AvRecipe):
    """Questions about clips, answered from picture and sound with frozen towers."""

    questions: QuestionData
    """The clips, and the questions about them with their answers."""
    methods: dict[str, QuestionsOptions] = Field(min_length=1)
    """What is learned and compared, in order: a name of yours -> its options. Each is shown beside the one before it."""
    protocol: Literal["val"] = "val"
    """On which questions the epoch is chosen: those of val, as LAVISH does here, too."""

    @property
    def answering(self) -> list[str]:
        """See `AvRecipe`. What reads the question alone is there to compare with: it says nothing of a clip."""
        looking = [name for name, options in self.methods.items() if options.head.use != "question"]
        return looking or list(self.methods)
