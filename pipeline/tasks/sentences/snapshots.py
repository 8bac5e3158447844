"""Pools after single steps, which a recipe asks for: kept when all is learned, by going through their epochs again.

So nothing that is learned depends on them, and they may be asked of a run that is finished.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.lineage import Plan
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.snapshots import Snapshots, snapshots_spec

if TYPE_CHECKING:
    from pipeline.methods.taam_cpt.training import Corpus, Tensors

NAME = "snapshots"
"""Of their artifact in the run record."""


def steps_learned(checkpoints: Checkpoints) -> int:
    """How many steps there were in all epochs."""
    return len(checkpoints.history().get("step", ()))


def keep_snapshots(context: BoundSentences, plan: Plan, corpus: "Callable[[str], Corpus]") -> None:
    """Keep the pools after the steps that the recipe asks for, where they are missing.

    Args:
        context: of a run that is learned to its last epoch.
        plan: it was learned by.
        corpus: device -> what it was learned from; asked for only where something is missing.
    """
    asked = context.recipe.train.snapshots
    if not asked:
        return
    checkpoints = Checkpoints(context.store.artifact(plan.spec))
    count = steps_learned(checkpoints)
    artifact = context.store.artifact(snapshots_spec(plan.spec.fingerprint))
    kept, steps = Snapshots(artifact), [step for step in asked if step <= count]
    if len(kept.there(steps)) < len(steps):
        with artifact.writer() as writer:  # who comes second waits, then finds them there
            missing = sorted(set(steps) - set(kept.there(steps)))
            if missing:
                for step, tensors in _pools(context, checkpoints, corpus, missing):
                    kept.save(writer, step, tensors)


def kept_snapshots(context: BoundSentences, plan: Plan) -> str | None:
    """Fingerprint of their artifact, None where there are none; those of steps that learning did not reach are told."""
    asked = context.recipe.train.snapshots
    count = steps_learned(Checkpoints(context.store.artifact(plan.spec))) if asked else 0
    late = [step for step in asked if step > count]
    if late:
        context.progress.say(f"no snapshot of step {', '.join(map(str, late))}: learning ended with step {count}")
    reached = len(late) < len(asked)
    return snapshots_spec(plan.spec.fingerprint).fingerprint if reached else None


def snapshots_planned(context: BoundSentences, plan: Plan, learned: bool) -> tuple[int, int]:
    """(snapshots that the recipe asks for, those not kept yet); of a finished run no step counts that it never made."""
    asked = context.recipe.train.snapshots
    if learned and asked:
        last = steps_learned(Checkpoints(context.store.artifact(plan.spec)))
        asked = tuple(step for step in asked if step <= last)
    kept = Snapshots(context.store.artifact(snapshots_spec(plan.spec.fingerprint))).there(asked)
    return len(asked), len(asked) - len(kept)


def _pools(
    context: BoundSentences, checkpoints: Checkpoints, corpus: "Callable[[str], Corpus]", steps: list[int]
) -> "Iterator[tuple[int, Tensors]]":
    from pipeline.devices import resolve_device
    from pipeline.methods.taam_cpt.training import pools_at, prepare

    device, recipe = resolve_device(context.device), context.recipe
    ready = prepare(context.learning, context.candidates, corpus(device), recipe.seed, device)
    return pools_at(ready, checkpoints, steps)
