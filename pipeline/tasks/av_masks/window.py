"""A learned method that reads windows of decoded clips. Dims: B windows, T segments of a window, S side of a mask."""

import torch
from torch import Tensor

from pipeline.methods.copl.masks.learner import NOT_GIVEN, MaskBatch
from pipeline.methods.copl.task_learner import Rows
from pipeline.tasks.av.asked import Asked
from pipeline.tasks.av.learning import device_of
from pipeline.tasks.av.towers import ROLES
from pipeline.tasks.av.window import Reader, first, reader_of
from pipeline.tasks.av_masks.learn import learner_of
from pipeline.tasks.av_masks.needs import mask_needs
from pipeline.tasks.av_masks.recipe import AvMasksRecipe
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.read_back import read_back


def masks_reader(of: Asked[AvMasksRecipe], device: str) -> Reader:
    """Probabilities (T, S, S) of windows, by a method of a finished run with its towers."""
    options, compute = of.recipe.methods[of.method], of.recipe.cache.compute
    learner = learner_of(of.towers, options, of.seed, of.form.segments, device, compute)
    read_back(learner, Checkpoints(of.checkpoints))
    there, size = device_of(learner), options.head.size

    def answer(visual: Rows, audio: Rows) -> Tensor:
        shape = (len(first(visual)), of.form.segments, size, size)
        return learner.answers(MaskBatch(visual, audio, torch.full(shape, NOT_GIVEN, dtype=torch.uint8, device=there)))

    needs = {role: mask_needs(of.towers, role, options, of.form) for role in ROLES}
    return reader_of(answer, options, of.towers, of.form, there, compute, needs)
