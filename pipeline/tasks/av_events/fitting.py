"""Whether recipe, towers and clips fit, told before anything is made."""

from pipeline.caching.needs import Input
from pipeline.tasks.av_events.bound import BoundAvEvents
from pipeline.tasks.av_events.errors import AvEventsError
from pipeline.tasks.av_events.specs import needs_of
from pipeline.tasks.av_events.work import ROLES, form_of
from stores.errors import MmptError


def require_fitting(bound: BoundAvEvents) -> None:
    """Check every method against the towers, and whether there are clips to learn from, to choose on and to judge.

    Raises:
        EncoderError: a tower is not there, or is not run block by block.
        AvEventsError: naming everything that does not fit.
        DatasetError: the clips are not there.
    """
    problems, _ = [], bound.towers  # what is wrong with these is said once
    for name, options in bound.recipe.methods.items():
        try:
            for role in ROLES:
                needs_of(bound.towers, role, options, form_of(bound))
        except MmptError as error:
            problems.append(f"methods: {name}: {error}")
    wanted = {"train": "learned from", "test": "judged"}
    if any(options.keep == "best" for options in bound.recipe.methods.values()):
        wanted[bound.chooses_on] = "what the epoch is chosen on"
    for split, what in wanted.items():
        if not bound.of(split):  # type: ignore[arg-type]
            problems.append(
                f"events: no clip of {split} can be used, which would be {what}. See what there is with: "
                f"{bound.check_command}"
            )
    if problems:
        raise AvEventsError("\n".join(dict.fromkeys(problems)))


def require_enough(bound: BoundAvEvents, made: Input) -> None:
    """Check that most of an input could be made.

    Raises:
        AvEventsError: more was rejected than the recipe allows.
    """
    wanted = {row.key: row for row in made.rows}
    refused = [row for row in bound.store.artifact(made.need.spec(bound.recipe.cache)).rejected() if row.key in wanted]
    most = bound.recipe.cache.max_rejected
    if wanted and len(refused) / len(wanted) > most:
        first = refused[0]
        raise AvEventsError(
            f"events: {made.name}: {len(refused):,} of {len(wanted):,} files cannot be decoded, {wanted[first.key].path} for one "
            f"({first.reason}); allowed is a share of {most}. Mend them and run again, or have them tried again: mmpt-pipeline "
            "retry RECIPE --failed; or write cache: {max_rejected: 1} to learn from what is there"
        )
