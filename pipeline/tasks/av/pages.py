"""What reports of runs of clips share. Free of torch, and nothing is made for it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.caching.needs import Need
from pipeline.methods.copl.config import PromptOptions
from pipeline.report.av import ShownMethod
from pipeline.report.data import LineageEntry, lineage_entry
from pipeline.runs.licences import told_of
from pipeline.runs.timing import seconds_of
from pipeline.sources.specs import source_name
from pipeline.tasks.av.bound import BoundAv
from pipeline.tasks.av.cost import is_the_papers, paper_numbers
from pipeline.tasks.av.result import AvResult, MethodFigures
from pipeline.tasks.av.sides import Sided, Sides, row_of, rows_of
from pipeline.tasks.av.sources import points_of, row_bytes, source_of
from pipeline.tasks.av.towers import ROLES
from pipeline.tasks.av.work import inputs, sides_of, trials, unit_of, units
from pipeline.training.checkpoint import Checkpoints
from stores import ArtifactSpec

Bound = BoundAv[Any, Any]


def shown_things(bound: Bound, version: int) -> list[Any]:
    """Everything that a report is made of: the run's artifacts and the recipe."""
    made = [trial.spec.fingerprint for trial in trials(bound) if trial.spec] + [
        u.spec.fingerprint for u in units(bound)
    ]
    return [version, sorted(made), recipe_values(bound), bound.clips.notes]


def recipe_values(bound: Bound) -> dict[str, object]:
    """The recipe as it is shown."""
    return bound.recipe.model_dump(mode="json", exclude={"workspace"})


def losses_of(bound: Bound, method: str) -> list[list[float]]:
    """The loss of every step of a learned method, a list a seed."""
    sides = sides_of(bound)
    found = [bound.store.artifact(unit_of(bound, method, seed, sides).spec) for seed in bound.recipe.seeds]
    return [list(Checkpoints(artifact).history().get("loss", [])) for artifact in found]


def lineage_of(bound: Bound, more: Sequence[tuple[str, ArtifactSpec]] = ()) -> list[LineageEntry]:
    """The artifacts behind the figures; `more` are those that a task has besides, each with what it is."""
    made = [(f"{unit.method}, seed {unit.seed}", unit.spec) for unit in units(bound)]
    made += [(f"{t.what} on {t.exam}", t.spec) for t in trials(bound) if t.spec is not None]
    made += [(each.what, each.need.spec(bound.recipe.cache)) for each in inputs(bound)]
    return [lineage_entry(what, bound.store.artifact(spec)) for what, spec in [*made, *more]]


def shown_method(bound: Bound, found: MethodFigures, learned_with: str) -> ShownMethod:
    """A rung of the ladder with what it costs.

    Args:
        bound: the recipe.
        found: its figures.
        learned_with: options that tell it from the others, in words.
    """
    options = bound.recipe.methods[found.name]
    losses, sides = losses_of(bound, found.name), sides_of(bound)
    specs = [unit_of(bound, found.name, seed, sides).spec for seed in bound.recipe.seeds]
    seconds = [epoch for spec in specs for epoch in seconds_of(bound, spec.fingerprint)]
    epochs = (
        Checkpoints(bound.store.artifact(specs[0])).last_epoch() if specs else None
    )  # learning may have ended early
    steps = len(losses[0]) // epochs if losses and epochs else 0
    return ShownMethod(
        name=found.name, main=found.main, over_first=found.over_first, losses=losses, numbers=found.numbers,
        paper=paper_numbers(bound.towers, bound.part) if is_the_papers(options) else None,
        seconds_a_step=float(np.median(seconds)) / steps if seconds and steps else None,
        stored=stored_bytes(bound, options), learned_with=learned_with,
    )  # fmt: skip


def frames_of(bound: Bound, clip: Sided, sides: Sides) -> NDArray[np.uint8] | None:
    """The frames of a clip as the visual tower sees them, uint8 (T, S, S, 3); None of a clip without picture."""
    if not sides.has(clip, "visual"):
        return None
    return np.asarray(_stored(bound, clip, "visual"))


def sounds_of(bound: Bound, clip: Sided, sides: Sides) -> NDArray[np.uint8] | None:
    """The spectrograms of a clip as pictures (T, S, S, 3); None of a clip without sound.

    Time goes to the right and pitch upwards, from the quietest 1 % to the loudest.
    """
    if not sides.has(clip, "audio"):
        return None
    stored = _stored(bound, clip, "audio").astype(np.float32)
    low, high = np.percentile(stored, [1, 99.5])
    grey = (255 * np.clip((stored - low) / max(float(high - low), 1e-6), 0, 1)).astype(np.uint8)
    turned = grey.swapaxes(1, 2)[:, ::-1]  # time ran downwards
    return np.repeat(turned[..., None], 3, -1)


def _stored(bound: Bound, clip: Sided, role: str) -> NDArray[Any]:
    """What the store has of a clip for a tower (T, ...)."""
    source = source_of(bound.towers, role, bound.form)
    artifact = bound.store.artifact(Need(source, None).spec(bound.recipe.cache))
    found: NDArray[Any] = artifact.arrays([row_of(clip, role).key], [source_name(source)])[source_name(source)][0]
    return found


def stored_bytes(bound: Bound, options: PromptOptions) -> int:
    """What a method reads of the store, of all clips."""
    cache, clips = bound.recipe.cache, bound.of("train", "val", "test")
    whole = sum(
        row_bytes(bound.towers, role, need, bound.form, cache) * len(rows_of(clips, role))
        for role in ROLES
        for need in bound.reads(role, options)
    )
    learned = len(rows_of(bound.of("train"), "visual"))
    return whole + learned * sum(
        row_bytes(bound.towers, "visual", need, replace(bound.form, segments=points_of(need)), cache)
        for need in bound.more_of(options)
    )


def told(options: PromptOptions) -> str:
    """What of the prompts tells a method from the others, in words."""
    rungs = {
        "none": "the head on frozen towers", "global": "M^g", "frame": "M^g, M^f", "interaction": "M, I",
        "bank": "M, I from the bank", "consistency": "M, I from the bank, L_con",
    }  # fmt: skip
    variant = {
        "paper": "in every block",
        "late": f"from {options.start or 'the last stage'} on",
        "parallel": "beside the towers",
    }
    parts: Sequence[str] = [rungs[options.rung], *([variant[options.variant]] if options.rung != "none" else [])]
    return ", ".join(parts)


def facts_of(bound: Bound, result: AvResult[Any], known: dict[str, str]) -> dict[str, str]:
    """Things to show about the run.

    Args:
        bound: the recipe.
        result: of it.
        known: what the task adds, behind the counts of clips.
    """
    towers, data = bound.towers, getattr(bound.recipe, bound.part).model_dump(mode="json")
    audio = "the same tower" if towers.shared else towers.cards["audio"].name
    return {
        "towers": f"{towers.cards['visual'].name} for pictures; {audio} for sound",
        bound.examples: ", ".join(f"{len(bound.of(split)):,} of {split}" for split in ("train", "val", "test")),
        **known,
        "the epoch is chosen on": bound.chooses_on,
        "epochs that answer": "; ".join(f"{m.name}: {', '.join(map(str, m.epochs))}" for m in result.methods),
        "seeds": ", ".join(map(str, bound.recipe.seeds)),
        **({"data": "; ".join(bound.clips.notes)} if bound.clips.notes else {}),
        **told_of(towers.cards.values(), {bound.examples: data}),
    }
