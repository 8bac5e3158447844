"""Stages and runs that leave a trace: events in the log, and an entry in the history of the recipe's runs.

The outermost of them is the run, whoever called it: a command, a flow, a script. Those inside are its stages.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from pipeline.records import run_folder
from pipeline.telemetry.history import RunEntry, StageEntry, new_entry, now, write_entry
from pipeline.telemetry.logs import bound
from pipeline.telemetry.secrets import redact
from stores.address import Location
from stores.errors import MmptError, StorageError

_log = logging.getLogger(__name__)
_run: ContextVar["_Run | None"] = ContextVar("run", default=None)
_LONGEST_ERROR = 2000

Counts = Mapping[str, int | float | str]


class _Named(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def workspace(self) -> Location: ...


class HasRecipe(Protocol):
    """What a run is bound to."""

    @property
    def recipe(self) -> _Named:
        """A recipe with a name and a workspace."""


C = TypeVar("C", bound=HasRecipe)
P = ParamSpec("P")
Found = TypeVar("Found")


@dataclass(frozen=True)
class _Run:
    """The run that is under way, and where its history lies."""

    entry: RunEntry
    folder: Location

    def write(self) -> None:
        """Bring its file up to date; a history that cannot be written costs a line, never the run."""
        try:
            write_entry(self.folder, self.entry)
        except (OSError, StorageError) as error:
            _log.info("history not written", extra={"fields": {"error": str(error)}})


def _nothing(found: Any) -> Counts:
    return {}


def recorded_run(
    command: str, counts: Callable[[Any], Counts] = _nothing
) -> Callable[[Callable[Concatenate[C, P], Found]], Callable[Concatenate[C, P], Found]]:
    """A function over several stages: keep its beginning, its end and its outcome.

    Args:
        command: what people type.
        counts: what to keep of its result.
    """

    def decorate(whole: Callable[Concatenate[C, P], Found]) -> Callable[Concatenate[C, P], Found]:
        @wraps(whole)
        def call(context: C, *arguments: P.args, **named: P.kwargs) -> Found:
            with _in_run(command, context) as run:
                found = whole(context, *arguments, **named)
                run.entry.counts.update(counts(found))
            return found

        return call

    return decorate


def recorded_stage(
    name: str, counts: Callable[[Any], Counts] = _nothing
) -> Callable[[Callable[Concatenate[C, P], Found]], Callable[Concatenate[C, P], Found]]:
    """A stage: log its start and end, keep its seconds and counts; without a run around it, it is the run.

    Args:
        name: of the stage.
        counts: what to keep of its result.
    """

    def decorate(stage: Callable[Concatenate[C, P], Found]) -> Callable[Concatenate[C, P], Found]:
        @wraps(stage)
        def call(context: C, *arguments: P.args, **named: P.kwargs) -> Found:
            with _in_run(name, context) as run, _in_stage(name, run) as entry:
                found = stage(context, *arguments, **named)
                entry.counts.update(counts(found))
            return found

        return call

    return decorate


@contextmanager
def _in_run(command: str, context: HasRecipe) -> Iterator[_Run]:
    """The run that is under way, or a new one."""
    inside = _run.get()
    if inside is not None:
        yield inside
        return
    recipe = context.recipe
    run = _Run(new_entry(command, recipe.name), run_folder(recipe.workspace, recipe.name))
    before = _run.set(run)
    try:
        with bound(run=run.entry.run, recipe=recipe.name), _ending(run):
            run.write()
            _log.info("run started", extra={"fields": {"command": command, "version": run.entry.version}})
            yield run
    finally:
        _run.reset(before)


@contextmanager
def _ending(run: _Run) -> Iterator[None]:
    entry = run.entry
    try:
        yield
        entry.outcome = "done"
    except Exception as error:
        entry.outcome, entry.error = "failed", _told(error)
        raise
    except BaseException:
        entry.outcome = "interrupted"
        raise
    finally:
        entry.ended = now()
        run.write()
        fields = {"command": entry.command, "outcome": entry.outcome, "seconds": entry.seconds, **entry.counts}
        _log.info("run ended", extra={"fields": fields | ({"error": entry.error} if entry.error else {})})


@contextmanager
def _in_stage(name: str, run: _Run) -> Iterator[StageEntry]:
    entry, start = StageEntry(name), time.monotonic()
    with bound(stage=name):
        _log.info("stage started")
        try:
            yield entry
        except BaseException as error:
            entry.error = _told(error)
            raise
        finally:
            entry.seconds = round(time.monotonic() - start, 3)
            run.entry.stages.append(entry)
            run.write()
            fields = {"seconds": entry.seconds, **entry.counts} | ({"error": entry.error} if entry.error else {})
            _log.info("stage failed" if entry.error else "stage finished", extra={"fields": fields})


def _told(error: BaseException) -> str:
    text = str(error) if isinstance(error, MmptError) else f"{type(error).__name__}: {error}".rstrip(": ")
    return redact(text)[:_LONGEST_ERROR]
