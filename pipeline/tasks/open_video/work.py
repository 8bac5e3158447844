"""The work of a recipe of open-vocabulary video, free of torch: what is stored, learned and judged."""

from dataclasses import dataclass
from typing import cast

from pipeline.caching.needs import Need
from pipeline.datasets.held_out import split_rows
from pipeline.datasets.open_video import EXAMS, Clips, Exam, VideoSets
from pipeline.methods.mov.config import MovOptions, Other
from pipeline.runs.work import Trial, Unit
from pipeline.tasks.open_video.bound import BoundOpenVideo
from pipeline.tasks.open_video.cost import learning_note, numbers_of
from pipeline.tasks.open_video.published import published
from pipeline.tasks.open_video.recipe import LearnedOptions, OpenVideoRecipe, VideoOptions
from pipeline.tasks.open_video.specs import (
    frames_spec,
    learn_frames_spec,
    method_spec,
    other_need,
    result_spec,
)
from pipeline.training.checkpoint import Checkpoints

_DIAGNOSTICS = 8
"""About how many answers a result of MOV holds for every clip."""


@dataclass(frozen=True)
class VideoUnit(Unit):
    """A method with a seed that learns from one half of the classes.

    Attributes:
        draw: which half.
        half: what its entries end with where there are several halves.
    """

    draw: int = 0
    half: str = ""


@dataclass(frozen=True)
class VideoTrial(Trial):
    """The clips of one half that are judged; the attributes are those of `VideoUnit`."""

    draw: int = 0
    half: str = ""


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
    recipe, card = bound.recipe, bound.card

    def rejected(*needs: Need) -> frozenset[str]:
        made = [bound.store.artifact(need.spec(recipe.cache)) for need in dict.fromkeys(needs)]
        return frozenset(row.key for artifact in made for row in artifact.rejected())

    both = (True, False)
    others = [(other, rejected(*(other_need(recipe, card, other, learn) for learn in both))) for other in recipe.others]
    frames = rejected(Need(learn_frames_spec(recipe, card), None), Need(frames_spec(recipe, card), None))
    return Lacking(frames, tuple(others))


def learned_clips(
    bound: BoundOpenVideo, options: VideoOptions, lacking: Lacking, draw: int | None = None
) -> tuple[Clips, Clips]:
    """What a method is learned from, and what its epoch is chosen on: clips that have all that it reads.

    Args:
        bound: the recipe.
        options: of the method.
        lacking: clips of which something cannot be made.
        draw: which half of the classes; None is the recipe's first.
    """
    whole = _half(bound, draw).learn
    if whole.to_come:
        held_out = round(whole.to_come * bound.recipe.hold_out)
        return Clips(whole.classes, (), to_come=whole.to_come - held_out), Clips(whole.classes, (), to_come=held_out)
    learn, held = split_rows(whole.rows, bound.recipe.hold_out)
    absent = lacking.frames | lacking.of(options)
    first, second = (
        Clips(whole.classes, tuple(row for row in rows if row.key not in absent)) for rows in (learn, held)
    )
    return first, second


def judged_clips(bound: BoundOpenVideo, exam: str, lacking: Lacking, draw: int | None = None) -> Clips:
    """The clips of an exam, base or novel of one half, or elsewhere, of which there are frames."""
    whole = bound.exams[exam] if exam in bound.exams else _half(bound, draw).judged[cast(Exam, exam)]
    rows = tuple(row for row in whole.rows if row.key not in lacking.frames)
    return Clips(whole.classes, rows, whole.rejected, whole.to_come)


def _half(bound: BoundOpenVideo, draw: int | None) -> VideoSets:
    return bound.sets if draw is None else bound.halves[draw]


def units(bound: BoundOpenVideo, method: str | None = None) -> list[VideoUnit]:
    """Every method that learns, or one of them, on every half of the classes with every seed."""
    lacking, draws = lacking_of(bound), bound.recipe.videos.draws
    names = [name for name in bound.recipe.learned if method in (None, name)]
    return [
        unit_of(bound, name, seed, lacking, draw) for name in names for draw in draws for seed in bound.recipe.seeds
    ]


def unit_of(bound: BoundOpenVideo, name: str, seed: int, lacking: Lacking, draw: int | None = None) -> VideoUnit:
    """One of them, of the first half where none is named; made once."""
    draw = bound.recipe.videos.draws[0] if draw is None else draw
    if (name, seed, lacking, draw) not in bound.known:
        bound.known[name, seed, lacking, draw] = _unit(bound, name, bound.recipe.learned[name], seed, lacking, draw)
    found: VideoUnit = bound.known[name, seed, lacking, draw]
    return found


def half_entry(recipe: OpenVideoRecipe, draw: int) -> str:
    """What entries of a half end with: nothing where there is one."""
    return f"/half {draw}" if len(recipe.videos.draws) > 1 else ""


def _unit(
    bound: BoundOpenVideo, name: str, options: LearnedOptions, seed: int, lacking: Lacking, draw: int
) -> VideoUnit:
    learned, held = learned_clips(bound, options, lacking, draw)
    told: dict[str, object] = {"clips": learned.print, "chosen on": held.print if options.keep == "best" else ""}
    spec = method_spec(bound.recipe, bound.card, options, seed, learned.classes, told)
    count = numbers_of(bound, options)
    half = half_entry(bound.recipe, draw)
    return VideoUnit(
        name=f"open-video '{bound.recipe.name}', {name} with seed {seed}{half.replace('/', ', ')}",
        method=name, config=options, seed=seed, spec=spec, epochs=options.epochs, what=name,
        epoch_bytes=4 * count * (1 + options.fit.optimiser.moments),
        note=learning_note(bound, options, count, learned.count, spec.fingerprint), keep=options.keep,
        draw=draw, half=half,
    )  # fmt: skip


def published_by(bound: BoundOpenVideo) -> tuple[str, int]:
    """The method and seed that answer, see `published`."""
    lacking = lacking_of(bound)
    return published(
        bound.recipe, lambda name, seed: Checkpoints(bound.store.artifact(unit_of(bound, name, seed, lacking).spec))
    )


def trials(bound: BoundOpenVideo) -> list[VideoTrial]:
    """Both exams of every half, and those elsewhere, judged by frozen CLIP, then by every method and seed."""
    lacking, exams = lacking_of(bound), (*EXAMS, *bound.exams)
    found = [
        _trial(bound, name, exam, None, options, lacking, draw)
        for name, options in bound.recipe.frozen.items()
        for draw in bound.recipe.videos.draws
        for exam in exams
    ]
    learned = [
        _trial(bound, unit.method, exam, unit, unit.config, lacking, unit.draw)
        for unit in units(bound)
        for exam in exams
    ]
    return [*found, *learned]


def _trial(
    bound: BoundOpenVideo, name: str, exam: str, unit: Unit | None, options: VideoOptions, lacking: Lacking, draw: int
) -> VideoTrial:
    clips = judged_clips(bound, exam, lacking, draw)
    told: dict[str, object] = {"exam": exam, "clips": clips.print}
    absent = sorted(lacking.of(options) & {row.key for row in clips.rows})
    told |= {"lacking": absent} if absent else {}
    spec = result_spec(bound.recipe, bound.card, options, unit.spec if unit else None, clips.classes, told)
    rows = clips.count
    size = 4 * rows * len(clips.classes) * (_DIAGNOSTICS if isinstance(options, MovOptions) else 1)
    half = half_entry(bound.recipe, draw)
    what = "clips of all seeds and halves" if half else "clips of all seeds"
    return VideoTrial(name, exam, unit, spec, rows, size, what, draw=draw, half=half)
