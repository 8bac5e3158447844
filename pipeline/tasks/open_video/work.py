"""The work of a recipe of open-vocabulary video, free of torch: what is stored, learned and judged."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.caching.needs import Input, Need
from pipeline.datasets.held_out import split_rows
from pipeline.datasets.open_video import EXAMS, Clips, Exam
from pipeline.datasets.rows import MediaRow
from pipeline.methods.mov.config import MovOptions, Other
from pipeline.runs.work import Trial, Unit
from pipeline.tasks.open_video.bound import BoundOpenVideo
from pipeline.tasks.open_video.cost import learning_note, numbers_of
from pipeline.tasks.open_video.published import published
from pipeline.tasks.open_video.recipe import LearnedOptions, VideoOptions
from pipeline.tasks.open_video.specs import (
    frames_spec,
    method_spec,
    other_need,
    result_spec,
    row_bytes,
    sentences_need,
    sentences_of,
    vectors_need,
)
from pipeline.training.checkpoint import Checkpoints

SENTENCES = "sentences"
_DIAGNOSTICS = 8
"""About how many answers a result of MOV holds for every clip."""


@dataclass(frozen=True)
class Lacking:
    """Clips of which something cannot be made; known when it was tried.

    Attributes:
        frames: keys of those without frames: nothing can be said of them.
        other: flow or sound -> keys of those without it: they are judged by their frames, and not learned from.
    """

    frames: frozenset[str]
    other: tuple[tuple[Other, frozenset[str]], ...] = ()

    def of(self, options: VideoOptions) -> frozenset[str]:
        """Keys of clips that lack what a method reads beside frames."""
        return dict(self.other).get(options.other, frozenset()) if isinstance(options, MovOptions) else frozenset()


def lacking_of(bound: BoundOpenVideo) -> Lacking:
    """Read from the store, each time it is asked."""

    def rejected(need: Need) -> frozenset[str]:
        return frozenset(row.key for row in bound.store.artifact(need.spec(bound.recipe.cache)).rejected())

    others = [(other, rejected(other_need(bound.recipe, bound.card, other))) for other in bound.recipe.others]
    return Lacking(rejected(Need(frames_spec(bound.recipe, bound.card), None)), tuple(others))


def inputs(bound: BoundOpenVideo) -> Iterator[Input]:
    """Frames, what the encoder makes of them, flow, sound, and the sentences of all classes."""
    recipe, card, sets = bound.recipe, bound.card, bound.sets
    parts = [sets.learn, *sets.judged.values()]
    rows: dict[str, MediaRow] = {}
    for row in (row for part in parts for row in part.rows):
        rows.setdefault(row.key, row)
    note = "not drawn yet" if bound.undrawn else ""
    bad = tuple(dict.fromkeys(each for part in parts for each in part.rejected))
    needs = {"frames": Need(frames_spec(recipe, card), None), "frames, output": vectors_need(recipe, card)}
    needs |= {other: other_need(recipe, card, other) for other in recipe.others}
    for name, need in needs.items():
        yield Input(
            name, name, need, list(rows.values()), row_bytes=row_bytes(need, recipe), note=note if name == "frames" else "",
            stored=need.card is not None, unreadable=bad if name == "frames" else (),
        )  # fmt: skip
    names = list(dict.fromkeys(name for part in parts for name in part.classes))
    need = sentences_need(card)
    yield Input(SENTENCES, SENTENCES, need, texts=sentences_of(names), row_bytes=row_bytes(need, recipe))


def learned_clips(bound: BoundOpenVideo, options: VideoOptions, lacking: Lacking) -> tuple[Clips, Clips]:
    """What a method is learned from, and what its epoch is chosen on: clips that have all that it reads."""
    whole = bound.sets.learn
    learn, held = split_rows(whole.rows, bound.recipe.hold_out)
    absent = lacking.frames | lacking.of(options)
    first, second = (
        Clips(whole.classes, tuple(row for row in rows if row.key not in absent)) for rows in (learn, held)
    )
    return first, second


def judged_clips(bound: BoundOpenVideo, exam: Exam, lacking: Lacking) -> Clips:
    """The clips of an exam of which there are frames."""
    whole = bound.sets.judged[exam]
    return Clips(whole.classes, tuple(row for row in whole.rows if row.key not in lacking.frames), whole.rejected)


def units(bound: BoundOpenVideo) -> list[Unit]:
    """Every method that learns, with every seed."""
    lacking = lacking_of(bound)
    return [unit_of(bound, name, seed, lacking) for name in bound.recipe.learned for seed in bound.recipe.seeds]


def unit_of(bound: BoundOpenVideo, name: str, seed: int, lacking: Lacking) -> Unit:
    """One of them; made once."""
    if (name, seed, lacking) not in bound.known:
        bound.known[name, seed, lacking] = _unit(bound, name, bound.recipe.learned[name], seed, lacking)
    found: Unit = bound.known[name, seed, lacking]
    return found


def _unit(bound: BoundOpenVideo, name: str, options: LearnedOptions, seed: int, lacking: Lacking) -> Unit:
    learned, held = learned_clips(bound, options, lacking)
    told: dict[str, object] = {"clips": learned.print, "chosen on": held.print if options.keep == "best" else ""}
    spec = method_spec(bound.recipe, bound.card, options, seed, learned.classes, told)
    count = numbers_of(bound, options)
    return Unit(
        name=f"open-video '{bound.recipe.name}', {name} with seed {seed}",
        method=name, config=options, seed=seed, spec=spec, epochs=options.epochs, what=name,
        epoch_bytes=4 * count * (1 + options.fit.optimiser.moments),
        note=learning_note(bound, options, count, len(learned.rows), spec.fingerprint),
    )  # fmt: skip


def published_by(bound: BoundOpenVideo) -> tuple[str, int]:
    """The method and seed that answer, see `published`."""
    lacking = lacking_of(bound)
    return published(
        bound.recipe, lambda name, seed: Checkpoints(bound.store.artifact(unit_of(bound, name, seed, lacking).spec))
    )


def trials(bound: BoundOpenVideo) -> list[Trial]:
    """Both exams, judged by frozen CLIP, then by every method and seed."""
    lacking = lacking_of(bound)
    found = [
        _trial(bound, name, exam, None, options, lacking)
        for name, options in bound.recipe.frozen.items()
        for exam in EXAMS
    ]
    return [
        *found,
        *(_trial(bound, unit.method, exam, unit, unit.config, lacking) for unit in units(bound) for exam in EXAMS),
    ]


def _trial(
    bound: BoundOpenVideo, name: str, exam: Exam, unit: Unit | None, options: VideoOptions, lacking: Lacking
) -> Trial:
    clips = judged_clips(bound, exam, lacking)
    told: dict[str, object] = {"exam": exam, "clips": clips.print}
    absent = sorted(lacking.of(options) & {row.key for row in clips.rows})
    told |= {"lacking": absent} if absent else {}
    spec = result_spec(bound.recipe, bound.card, options, unit.spec if unit else None, clips.classes, told)
    rows = len(clips.rows)
    size = 4 * rows * len(clips.classes) * (_DIAGNOSTICS if isinstance(options, MovOptions) else 1)
    return Trial(name, exam, unit, spec, rows, size, "clips of all seeds")
