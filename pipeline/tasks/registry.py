"""The tasks that there are: ours, and those that other packages add under the entry point group `mmpt_pipeline.tasks`."""

from functools import cache
from typing import Any

from pipeline.entry_points import with_added
from pipeline.recipe.envelope import Envelope
from pipeline.tasks.av_events.task import AV_EVENTS_TASK
from pipeline.tasks.av_masks.task import AV_MASKS_TASK
from pipeline.tasks.av_questions.task import AV_QUESTIONS_TASK
from pipeline.tasks.base import Task
from pipeline.tasks.few_shot.task import FEW_SHOT_TASK
from pipeline.tasks.open_video.task import OPEN_VIDEO_TASK
from pipeline.tasks.sentences.task import SENTENCES_TASK

GROUP = "mmpt_pipeline.tasks"


@cache
def tasks() -> dict[str, Task[Any]]:
    """Name -> task; the first is what a recipe is taken for that tells nothing of itself."""
    of_clips: tuple[Task[Any], ...] = (AV_EVENTS_TASK, AV_MASKS_TASK, AV_QUESTIONS_TASK, OPEN_VIDEO_TASK)
    ours: tuple[Task[Any], ...] = (SENTENCES_TASK, *of_clips, FEW_SHOT_TASK)
    return with_added(ours, GROUP, Task)


def task_of(recipe: Envelope) -> Task[Any]:
    """The task of a checked recipe."""
    return next(task for task in tasks().values() if type(recipe) is task.recipe)
