"""What must fit of a recipe of sounding objects, told before anything is made."""

from collections.abc import Iterator

from pipeline.caching.needs import Input
from pipeline.tasks.av.errors import AvError
from pipeline.tasks.av.fitting import require_enough
from pipeline.tasks.av_masks.bound import MASKS, BoundAvMasks


def problems(bound: BoundAvMasks) -> Iterator[str]:
    """What of methods and masks does not fit, a line each."""
    methods = bound.recipe.methods
    sizes = sorted({options.head.size for options in methods.values()})
    if len(sizes) > 1:
        yield (
            f"methods: head: {{size: …}} is {' and '.join(map(str, sizes))}; masks are stored in one size, and figures of two "
            "cannot be compared. Write one"
        )
    first = [name for name, options in methods.items() if options.head.frames == "first"]
    learned = bound.of("train")
    if first and learned and not any(clip.masks[0] for clip in learned):
        yield (
            f"methods: {first[0]}: head: {{frames: first}} learns from the mask of a clip's first second alone, and no clip of "
            "train has one. Write frames: all"
        )


def require_made(bound: BoundAvMasks, made: Input) -> None:
    """Check that most of an input could be made; of masks all, for each was read when the clips were listed.

    Raises:
        AvError: more was rejected than may be.
    """
    if made.name != MASKS:
        require_enough(bound, made)
        return
    wanted = {row.key: row for row in made.rows}
    refused = [row for row in bound.store.artifact(made.need.spec(bound.recipe.cache)).rejected() if row.key in wanted]
    if refused:
        first = refused[0]
        raise AvError(
            f"masks: {len(refused):,} of {len(wanted):,} masks cannot be read any more, {wanted[first.key].path} for one "
            f"({first.reason}). Look whether somebody writes there, then: mmpt-pipeline retry RECIPE --failed"
        )
