"""What is made and judged of sounding objects beside what all tasks of clips have: masks, and what needs no model. No torch."""

from pipeline.caching.needs import Input
from pipeline.runs.work import Trial, Unit
from pipeline.tasks.av import work
from pipeline.tasks.av.work import TEST, sides_of
from pipeline.tasks.av_masks.bound import BoundAvMasks
from stores import ArtifactSpec

PRIORS = "without a model"
PRIORS_VERSION = 1
"""Raise it when the same clips would give other figures."""


def inputs(bound: BoundAvMasks) -> list[Input]:
    """Masks, then what methods read of clips."""
    return [bound.mask_input, *work.inputs(bound)]


def trials(bound: BoundAvMasks) -> list[Trial]:
    """What needs no model, then every method and seed."""
    return [priors_trial(bound), *work.trials(bound)]


def priors_trial(bound: BoundAvMasks) -> Trial:
    """What looks at no clip, on the test clips."""
    sides = sides_of(bound)
    clips, learned = sides.usable(bound.of(TEST)), sides.usable(bound.of("train"))
    fields = {
        "version": PRIORS_VERSION,
        **bound.knows(),
        "segments": bound.clips.segments,
        "clips": bound.print_of(clips),
        "train": bound.print_of(learned),
    }
    parents = (bound.mask_input.need.spec(bound.recipe.cache).fingerprint,)
    spec = ArtifactSpec(kind="mask-priors", fields=fields, parents=parents, backend="blob")
    return Trial(PRIORS, TEST, None, spec, len(clips), 100, "clips")


def entry(made: Unit | Trial) -> str:
    """What a run's record calls the checkpoints of a unit, or a result."""
    if isinstance(made, Trial) and made.unit is None:
        return f"masks/priors/{made.exam}"
    return work.entry_of("masks", made)
