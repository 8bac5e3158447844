"""A learned method that reads windows of decoded clips. Dims: B windows, T segments of a window."""

import torch
from torch import Tensor

from pipeline.methods.copl.learner import AvBatch, Rows
from pipeline.tasks.av.asked import Asked
from pipeline.tasks.av.learning import device_of
from pipeline.tasks.av.window import Reader, first, reader_of
from pipeline.tasks.av_events.learn import learner_of
from pipeline.tasks.av_events.recipe import AvEventsRecipe
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.read_back import read_back


def events_reader(of: Asked[AvEventsRecipe], device: str) -> Reader:
    """Probabilities (T, K + 1) of windows, by a method of a finished run with its towers."""
    options, compute = of.recipe.methods[of.method], of.recipe.cache.compute
    classes = of.checkpoints.spec.fields["classes"]
    learner = learner_of(of.towers, options, of.seed, of.form.segments, classes, device, compute)
    read_back(learner, Checkpoints(of.checkpoints))
    there = device_of(learner)

    def answer(visual: Rows, audio: Rows) -> Tensor:
        nothing = torch.zeros((len(first(visual)), of.form.segments), dtype=torch.int64, device=there)
        return learner.answers(AvBatch(visual, audio, nothing))

    return reader_of(answer, options, of.towers, of.form, there, compute)
