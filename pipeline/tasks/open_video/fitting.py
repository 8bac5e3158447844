"""Whether recipe, encoder and clips fit, told before anything is made."""

from pipeline.caching.needs import Input
from pipeline.datasets.held_out import split_rows
from pipeline.datasets.open_video import EXAMS, VideoSets
from pipeline.methods.mov.config import MovOptions, VideoCoOpOptions
from pipeline.methods.mov.counts import first_learned, grid
from pipeline.tasks.open_video.bound import BoundOpenVideo
from pipeline.tasks.open_video.errors import OpenVideoError
from pipeline.tasks.open_video.inputs import SENTENCES
from pipeline.tasks.open_video.specs import flow_spec
from stores.errors import MmptError

RAFT_SMALLEST = 128
"""Pixels of a side: below that nothing is left at the top of its pyramid."""


def require_fitting(bound: BoundOpenVideo) -> None:
    """Check every method against the encoder, and whether there are clips to learn from, to choose on and to judge.

    Raises:
        OpenVideoError: naming everything that does not fit.
        EncoderError: there is no such encoder.
        DatasetError: the clips are not there.
    """
    _ = bound.card  # what is wrong with it is said once, and first
    problems = [
        f"methods: {name}: {told}"
        for name, options in bound.recipe.methods.items()
        if (told := _problem(bound, options))
    ]
    bins = {o.sound_bins for o in bound.recipe.methods.values() if isinstance(o, MovOptions) and o.other == "sound"}
    if len(bins) > 1:
        problems.append(
            f"methods: sound_bins are {', '.join(map(str, sorted(bins)))}; one spectrogram is stored. Write one number"
        )
    problems += [
        f"videos: there is no clip to be {what}. See what there is: {bound.checked}"
        for sets in bound.halves.values()
        for what, count in _counts(bound, sets).items()
        if not count
    ]
    if bound.recipe.flow.algorithm == "raft" and "flow" in bound.recipe.others:
        side = flow_spec(bound.recipe, bound.card).views.short_side
        if side < RAFT_SMALLEST:
            problems.append(
                f"flow: algorithm: raft reads pictures of {RAFT_SMALLEST} pixels and more, and these are scaled to {side}. Write "
                f"views: {{short_side: {RAFT_SMALLEST}}}, or algorithm: tvl1"
            )
    if problems:
        raise OpenVideoError("\n".join(dict.fromkeys(problems)))


def _counts(bound: BoundOpenVideo, sets: VideoSets) -> dict[str, int]:
    """What clips are for -> how many there are."""
    learn, held = split_rows(sets.learn.rows, bound.recipe.hold_out)
    counts = {"learned from": len(learn) + sets.learn.to_come}
    counts |= {f"judged as {exam}": sets.judged[exam].count for exam in EXAMS}
    if any(options.keep == "best" for options in bound.recipe.learned.values()):
        coming = round(sets.learn.to_come * bound.recipe.hold_out)
        counts["held out to choose the epoch on (hold_out)"] = len(held) + coming
    return counts


def require_enough(bound: BoundOpenVideo, made: Input) -> None:
    """Check that most of an input could be made.

    Raises:
        OpenVideoError: more was rejected than the recipe allows.
    """
    if made.name == SENTENCES:
        return
    wanted = {row.key: row for row in made.rows}
    refused = [row for row in bound.store.artifact(made.need.spec(bound.recipe.cache)).rejected() if row.key in wanted]
    most = bound.recipe.cache.max_rejected
    if wanted and len(refused) / len(wanted) > most:
        first = refused[0]
        raise OpenVideoError(
            f"videos: {made.name}: {len(refused):,} of {len(wanted):,} files cannot be decoded, {wanted[first.key].path} for one "
            f"({first.reason}); allowed is a share of {most}. Mend them and run again, or have them tried again: mmpt-pipeline "
            "retry RECIPE --failed; or write cache: {max_rejected: 1} to go on with what is there"
        )


def _problem(bound: BoundOpenVideo, options: object) -> str:
    if isinstance(options, VideoCoOpOptions) and bound.card.padding != "longest":
        return "this encoder's text tower takes no learned prompts. Leave coop out, or take one of OpenAI's CLIP"
    if not isinstance(options, MovOptions):
        return ""
    try:
        first_learned(options, bound.shape)
    except MmptError as error:
        return str(error)
    if options.other == "flow":
        return ""
    if not all(grid(options, bound.shape)):
        size = f"{options.sound_bins} bins and {options.sound_frames} frames"
        return (
            f"a spectrogram of {size} is smaller than a patch of this encoder. Write larger sound_bins and sound_frames"
        )
    if options.sound_frames > bound.recipe.sound.frames:
        return f"sound_frames is {options.sound_frames}, and {bound.recipe.sound.frames} are stored. Write sound: {{frames: …}}"
    return ""
