"""The work of a recipe of audio-visual events, free of torch: what is stored, learned and judged."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.caching.needs import Input, Need
from pipeline.datasets.av import AvClip, Split
from pipeline.methods.copl.config import CoplOptions
from pipeline.runs.work import Trial, Unit
from pipeline.tasks.av_events.bound import ROLES, BoundAvEvents, print_of, row_of, rows_of
from pipeline.tasks.av_events.cost import decoding_note, encoding_note, learning_note, numbers_of
from pipeline.tasks.av_events.published import published
from pipeline.tasks.av_events.specs import Form, needs_of, prompts_spec, result_spec, row_bytes, source_of
from pipeline.training.checkpoint import Checkpoints
from stores import ArtifactSpec

NAMES = {"visual": "frames", "audio": "spectrograms"}
"""What people call the inputs of a role."""
TEST: Split = "test"
"""The only exam."""


@dataclass(frozen=True)
class Sides:
    """Which clips lack one side: the other is learned from and judged alone, beside zeros.

    Attributes:
        silent: keys of sound files of which there is no spectrogram.
        blind: keys of video files of which there are no frames.
    """

    silent: frozenset[str]
    blind: frozenset[str]

    def has(self, clip: AvClip, role: str) -> bool:
        """Whether there is something of a clip in a role."""
        return row_of(clip, role).key not in (self.blind if role == "visual" else self.silent)

    def usable(self, clips: Sequence[AvClip]) -> tuple[AvClip, ...]:
        """The clips of which there is a picture or a sound."""
        return tuple(clip for clip in clips if any(self.has(clip, role) for role in ROLES))

    def told(self, clips: Sequence[AvClip]) -> dict[str, list[str]]:
        """Keys of what is lacking, as fingerprints hold it; nothing where nothing is."""
        lacking = {
            name: sorted({row_of(clip, role).key for clip in clips if not self.has(clip, role)})
            for name, role in (("silent", "audio"), ("blind", "visual"))
        }
        return {name: keys for name, keys in lacking.items() if keys}


def form_of(bound: BoundAvEvents) -> Form:
    """How its clips are read."""
    return Form(bound.clips.segments, bound.clips.segment_s)


def sides_of(bound: BoundAvEvents) -> Sides:
    """Read from the store, each time it is asked: what is rejected is known when the files were decoded."""
    lacking = {}
    for role in ROLES:
        need = Need(source_of(bound.towers, role, form_of(bound)), None)
        lacking[role] = frozenset(row.key for row in bound.store.artifact(need.spec(bound.recipe.cache)).rejected())
    return Sides(silent=lacking["audio"], blind=lacking["visual"])


def inputs(bound: BoundAvEvents) -> Iterator[Input]:
    """Frames and spectrograms, then what the towers make of them at the cuts that methods read."""
    form, methods = form_of(bound), bound.recipe.methods.values()
    for role in ROLES:
        rows = rows_of(bound.clips.clips, role)
        source = Need(source_of(bound.towers, role, form), None)
        cuts = [need for options in methods for need in needs_of(bound.towers, role, options, form)]
        for need in dict.fromkeys([source, *cuts]):
            size = row_bytes(bound.towers, role, need, form, bound.recipe.cache)
            if need.card is None:
                bad = bound.clips.rejected if role == "visual" else ()
                note = "; ".join(filter(None, [bound.to_come, decoding_note(role, len(rows))]))
                yield Input(NAMES[role], NAMES[role], need, rows, row_bytes=size, note=note, unreadable=bad)
            else:
                name = f"{NAMES[role]}, {need.cut}"
                note = encoding_note(bound.towers.shapes[role], need.cut, len(rows) * form.segments)
                yield Input(name, name, need, rows, row_bytes=size, note=note, stored=True)


def input_specs(bound: BoundAvEvents, options: CoplOptions) -> list[ArtifactSpec]:
    """What holds all that a method reads."""
    form = form_of(bound)
    needs = [need for role in ROLES for need in needs_of(bound.towers, role, options, form)]
    return [need.spec(bound.recipe.cache) for need in needs]


def units(bound: BoundAvEvents) -> list[Unit]:
    """Every method with every seed."""
    sides = sides_of(bound)
    return [unit_of(bound, name, seed, sides) for name in bound.recipe.methods for seed in bound.recipe.seeds]


def unit_of(bound: BoundAvEvents, name: str, seed: int, sides: Sides | None = None) -> Unit:
    """One of them; made once."""
    sides = sides_of(bound) if sides is None else sides
    if (name, seed, sides) not in bound.known:
        bound.known[name, seed, sides] = _unit(bound, name, seed, sides)
    found: Unit = bound.known[name, seed, sides]
    return found


def published_by(bound: BoundAvEvents) -> tuple[str, int]:
    """The method and seed that answer, see `published`."""
    sides = sides_of(bound)
    return published(
        bound.recipe, lambda name, seed: Checkpoints(bound.store.artifact(unit_of(bound, name, seed, sides).spec))
    )


def _unit(bound: BoundAvEvents, name: str, seed: int, sides: Sides) -> Unit:
    options = bound.recipe.methods[name]
    learned, chosen = (sides.usable(bound.of(split)) for split in ("train", bound.chooses_on))
    told = {
        "segments": bound.clips.segments,
        "segment_s": bound.clips.segment_s,
        "train": _print(bound, "train", sides),
        "chosen_on": _print(bound, bound.chooses_on, sides) if options.keep == "best" else "",
        **sides.told((*learned, *chosen)),
    }
    spec = prompts_spec(options, seed, bound.clips.classes, told, input_specs(bound, options))
    count, moments = numbers_of(bound.towers, options, bound.clips), options.fit.optimiser.moments
    return Unit(
        name=f"events '{bound.recipe.name}', {name} with seed {seed}",
        method=name, config=options, seed=seed, spec=spec, epochs=options.epochs, what=name,
        epoch_bytes=4 * sum(count.values()) * (1 + moments),
        note=learning_note(bound, options, count, len(learned), spec.fingerprint),
    )  # fmt: skip


def _print(bound: BoundAvEvents, split: Split, sides: Sides) -> str:
    """Fingerprint of the clips of a split that can be used, with their labels."""
    if (split, sides) not in bound.known:
        bound.known[split, sides] = print_of(sides.usable(bound.of(split)))
    return str(bound.known[split, sides])


def trials(bound: BoundAvEvents) -> list[Trial]:
    """The test clips, judged by every method and seed."""
    sides = sides_of(bound)
    clips = sides.usable(bound.of("test"))
    told = {"clips": _print(bound, TEST, sides), **sides.told(clips)}
    found = []
    for unit in units(bound):
        spec = result_spec(unit.spec, told, input_specs(bound, unit.config))
        size = 4 * len(clips) * bound.clips.segments * (len(bound.clips.classes) + 1)
        found.append(Trial(unit.method, TEST, unit, spec, len(clips), size, "clips of all seeds"))
    return found


def trial_of(bound: BoundAvEvents, unit: Unit) -> Trial:
    """The one of a unit."""
    return next(trial for trial in trials(bound) if trial.unit is not None and trial.unit.spec == unit.spec)
