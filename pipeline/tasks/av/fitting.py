"""Whether recipe, towers and clips fit, told before anything is made; and whether enough could be made."""

from collections.abc import Iterable
from typing import Any

from pipeline.caching.needs import Input
from pipeline.runs.work import Unit
from pipeline.tasks.av.bound import BoundAv
from pipeline.tasks.av.errors import AvError, NotTrained
from pipeline.tasks.av.towers import ROLES
from stores.errors import MmptError


def require_fitting(bound: BoundAv[Any, Any], more: Iterable[str] = ()) -> None:
    """Check every method against the towers, and whether there are clips to learn from, to choose on and to judge.

    Args:
        bound: the recipe.
        more: what else does not fit, a line each; told behind what is wrong with methods.

    Raises:
        EncoderError: a tower is not there, or is not run block by block.
        AvError: naming everything that does not fit.
        DatasetError: the clips are not there.
    """
    problems, _ = [], bound.towers  # what is wrong with these is said once
    for name, options in bound.recipe.methods.items():
        try:
            for role in ROLES:
                bound.reads(role, options)
        except MmptError as error:
            problems.append(f"methods: {name}: {error}")
    problems += more
    wanted = {"train": "learned from", "test": "judged"}
    if any(options.keep == "best" for options in bound.recipe.methods.values()):
        wanted[bound.chooses_on] = "what the epoch is chosen on"
    for split, what in wanted.items():
        if not bound.of(split):  # type: ignore[arg-type]
            problems.append(
                f"{bound.part}: no {bound.examples[:-1]} of {split} can be used, which would be {what}{_why(bound, split)}. "
                f"See what there is with: {bound.check_command}"
            )
    if problems:
        raise AvError("\n".join(dict.fromkeys(problems)))


def _why(bound: BoundAv[Any, Any], split: str) -> str:
    """What the reader has against the first row of a split, and how many there are: of short clips it is the same of all."""
    refused = [one for one in bound.clips.refused if one.split == split]
    return (
        f"; of {len(refused):,} that cannot be, the first is {refused[0].path} ({refused[0].reason})" if refused else ""
    )


def require_enough(bound: BoundAv[Any, Any], made: Input) -> None:
    """Check that most of an input could be made.

    Raises:
        AvError: more was rejected than the recipe allows.
    """
    wanted = {row.key: row for row in made.rows}
    refused = [row for row in bound.store.artifact(made.need.spec(bound.recipe.cache)).rejected() if row.key in wanted]
    most = bound.recipe.cache.max_rejected
    if wanted and len(refused) / len(wanted) > most:
        first = refused[0]
        raise AvError(
            f"{bound.part}: {made.name}: {len(refused):,} of {len(wanted):,} files cannot be decoded, "
            f"{wanted[first.key].path} for one ({first.reason}); allowed is a share of {most}. Mend them and run again, or have "
            "them tried again: mmpt-pipeline retry RECIPE --failed; or write cache: {max_rejected: 1} to learn from what is there"
        )


def require_trained(bound: BoundAv[Any, Any], unit: Unit) -> None:
    """Check that a method is learned.

    Raises:
        NotTrained: it is not there, or not at its last epoch.
    """
    if not unit.is_finished(bound.store):
        done = unit.done(bound.store)
        state = f"stands at epoch {done} of {unit.epochs}" if done else "is not trained"
        raise NotTrained(f"{unit.name} {state}. Train it first: mmpt-pipeline train RECIPE")
