"""The task: classes of any modality, learned from sentences about them."""

from pipeline.tasks.base import Task
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.read import problems_of, with_absolute_paths
from pipeline.tasks.sentences.recipe import Recipe

SENTENCES_TASK = Task("sentences", Recipe, BoundSentences, "modalities", with_absolute_paths, problems_of, shipped="")
