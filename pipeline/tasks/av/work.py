"""The work of a recipe of clips, free of torch: what is stored, learned and judged."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pipeline.caching.needs import Input, Need
from pipeline.datasets.av import Split
from pipeline.methods.copl.config import PromptOptions
from pipeline.runs.work import Trial, Unit
from pipeline.tasks.av.bound import BoundAv
from pipeline.tasks.av.cost import decoding_note, encoding_note, learning_note
from pipeline.tasks.av.published import published
from pipeline.tasks.av.sides import Sides, rows_of
from pipeline.tasks.av.sources import points_of, row_bytes, source_of
from pipeline.tasks.av.towers import NAMES, ROLES
from pipeline.training.checkpoint import Checkpoints
from stores import ArtifactSpec

TEST: Split = "test"
"""The only exam."""
Bound = BoundAv[Any, Any]


def sides_of(bound: Bound) -> Sides:
    """Read from the store, each time it is asked: what is rejected is known when the files were decoded."""
    lacking = {}
    for role in ROLES:
        need = Need(source_of(bound.towers, role, bound.form), None)
        lacking[role] = frozenset(row.key for row in bound.store.artifact(need.spec(bound.recipe.cache)).rejected())
    return Sides(silent=lacking["audio"], blind=lacking["visual"])


def inputs(bound: Bound) -> Iterator[Input]:
    """Frames and spectrograms, then what the towers make of them at the cuts that methods read."""
    form, methods, clips = bound.form, bound.recipe.methods.values(), bound.of("train", "val", "test")
    for role in ROLES:
        rows = rows_of(clips, role)
        source = Need(source_of(bound.towers, role, form), None)
        cuts = [need for options in methods for need in bound.reads(role, options)]
        others = {need for options in methods for need in bound.more_of(options)}
        for need in dict.fromkeys([source, *cuts]):
            size = row_bytes(bound.towers, role, need, form, bound.recipe.cache)
            if need.card is None:
                bad = bound.clips.rejected if role == "visual" else ()
                note = "; ".join(filter(None, [bound.to_come, decoding_note(bound.decoded_a_second[role], len(rows))]))
                yield Input(NAMES[role], NAMES[role], need, rows, row_bytes=size, note=note, unreadable=bad)
            else:
                name = f"{NAMES[role]}, {need.cut}"
                note = encoding_note(bound.towers.shapes[role], need.cut, len(rows) * form.segments)
                note += "; frames of other clips are read there, too" if need in others else ""
                yield Input(name, name, need, rows, row_bytes=size, note=note, stored=True)
        if role == "visual":
            yield from _more(bound, {source, *cuts})


def _more(bound: Bound, known: set[Need]) -> Iterator[Input]:
    """What methods read beside that of the clips that they learn from; a source before what a tower makes of it."""
    asked = [need for options in bound.recipe.methods.values() for need in bound.more_of(options)]
    rows = rows_of(bound.of("train"), "visual")
    for need in dict.fromkeys(each for one in asked for each in (Need(one.source, None), one)):
        if need in known:
            continue
        points = points_of(need)
        name = f"{NAMES['visual']} of other clips, {points} of each"
        size = row_bytes(bound.towers, "visual", need, replace(bound.form, segments=points), bound.recipe.cache)
        if need.card is None:
            note = "; ".join(filter(None, [bound.to_come, decoding_note(bound.decoded_a_second["visual"], len(rows))]))
            yield Input(name, name, need, rows, row_bytes=size, note=note)
        else:
            note = encoding_note(bound.towers.shapes["visual"], need.cut, len(rows) * points)
            yield Input(
                f"{name}, {need.cut}", f"{name}, {need.cut}", need, rows, row_bytes=size, note=note, stored=True
            )


def input_specs(bound: Bound, options: PromptOptions) -> list[ArtifactSpec]:
    """What holds all that a method reads."""
    needs = [need for role in ROLES for need in bound.reads(role, options)]
    return [need.spec(bound.recipe.cache) for need in [*needs, *bound.more_of(options)]]


def units(bound: Bound) -> list[Unit]:
    """Every method with every seed."""
    sides = sides_of(bound)
    return [unit_of(bound, name, seed, sides) for name in bound.recipe.methods for seed in bound.recipe.seeds]


def unit_of(bound: Bound, name: str, seed: int, sides: Sides | None = None) -> Unit:
    """One of them; made once."""
    sides = sides_of(bound) if sides is None else sides
    if (name, seed, sides) not in bound.known:
        bound.known[name, seed, sides] = _unit(bound, name, seed, sides)
    found: Unit = bound.known[name, seed, sides]
    return found


def published_by(bound: Bound) -> tuple[str, int]:
    """The method and seed that answer, see `published`."""
    sides = sides_of(bound)
    return published(
        bound.recipe, lambda name, seed: Checkpoints(bound.store.artifact(unit_of(bound, name, seed, sides).spec))
    )


def _unit(bound: Bound, name: str, seed: int, sides: Sides) -> Unit:
    options = bound.recipe.methods[name]
    learned, chosen = (sides.usable(bound.of(split)) for split in ("train", bound.chooses_on))
    fields = {
        "method_version": bound.method_version,
        "options": options.naming_fields(),
        "seed": seed,
        **bound.knows(),
        "segments": bound.clips.segments,
        "segment_s": bound.clips.segment_s,
        "train": _print(bound, "train", sides),
        "chosen_on": _print(bound, bound.chooses_on, sides) if options.keep == "best" else "",
        **sides.told((*learned, *chosen)),
    }
    parents = tuple(spec.fingerprint for spec in input_specs(bound, options))
    spec = ArtifactSpec(kind=f"{bound.kind}-prompts", fields=fields, parents=parents, backend="blob")
    price = bound.price_of(options, len(learned))
    return Unit(
        name=f"{bound.part} '{bound.recipe.name}', {name} with seed {seed}",
        method=name, config=options, seed=seed, spec=spec, epochs=options.epochs, what=name,
        epoch_bytes=4 * sum(bound.numbers_of(options).values()) * (1 + options.fit.optimiser.moments),
        note=learning_note(bound, options, price, spec.fingerprint), keep=options.keep,
    )  # fmt: skip


def _print(bound: Bound, split: Split, sides: Sides) -> str:
    """Fingerprint of the clips of a split that can be used, with what is known of them."""
    if (split, sides) not in bound.known:
        bound.known[split, sides] = bound.print_of(sides.usable(bound.of(split)))
    return str(bound.known[split, sides])


def trials(bound: Bound) -> list[Trial]:
    """The test clips, judged by every method and seed."""
    sides = sides_of(bound)
    clips = sides.usable(bound.of(TEST))
    told = {"clips": _print(bound, TEST, sides), **sides.told(clips)}
    found = []
    for unit in units(bound):
        parents = (unit.spec.fingerprint, *(spec.fingerprint for spec in input_specs(bound, unit.config)))
        fields = {"version": bound.result_version, **told}
        spec = ArtifactSpec(kind=f"{bound.kind}-results", fields=fields, parents=parents, backend="blob")
        size = len(clips) * bound.answer_bytes()
        found.append(Trial(unit.method, TEST, unit, spec, len(clips), size, f"{bound.examples} of all seeds"))
    return found


def trial_of(bound: Bound, unit: Unit) -> Trial:
    """The one of a unit."""
    return next(trial for trial in trials(bound) if trial.unit is not None and trial.unit.spec == unit.spec)


def entry_of(mark: str, made: Unit | Trial) -> str:
    """What a run's record calls the checkpoints of a unit, or a result."""
    if isinstance(made, Unit):
        return f"prompts/{made.method}/{made.seed}"
    assert made.unit is not None, "nothing is judged that was not learned"
    return f"{mark}/{made.what}/{made.exam}/{made.unit.seed}"
