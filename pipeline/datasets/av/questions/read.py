"""From the `data` part of a recipe of questions to questions."""

from pathlib import Path

from pipeline.datasets.av.questions.miniature import miniature_avqa
from pipeline.datasets.av.questions.music_avqa import read_music_avqa
from pipeline.datasets.av.questions.own import read_own_questions
from pipeline.datasets.av.questions.questions import AvQuestions
from pipeline.reading import patiently
from pipeline.recipe.question_data import AnyQuestionData, MiniatureQuestionsData, MusicAvqaData, QuestionsData


def read_questions(config: AnyQuestionData, workspace: Path) -> AvQuestions:
    """Read the questions that a recipe names; clips of the miniature world are written below `workspace` first.

    Raises:
        DatasetError: the root does not hold the layout, or a list is none.
        MachineFault: the machine failed while it was read, or took too long.
    """
    if isinstance(config, MiniatureQuestionsData):  # drawn here, by this process
        return read_music_avqa(miniature_avqa(config, workspace), workspace)
    return patiently(lambda: _read(config, workspace))


def _read(config: MusicAvqaData | QuestionsData, workspace: Path) -> AvQuestions:
    if isinstance(config, QuestionsData):
        return read_own_questions(config, workspace)
    return read_music_avqa(config, workspace)
