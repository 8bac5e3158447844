"""Which failures are tried again: those that time may mend. What a person must mend fails at once.

A stage goes on where it was stopped and makes nothing twice, so trying again is always safe; it is only useful when the
next attempt may find something else: a lock that is free by then, a network or a disk that answers again. A wrong recipe, a
missing file, a full disk or too little memory stays what it is, and every attempt would cost a start of the model.
"""

import errno
import os
import re
from collections.abc import Callable, Iterator
from typing import Any

from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun

from flows.redaction import without_secrets
from pipeline.runs.bound import Bound
from pipeline.stages.steps import Found, Stage
from stores.errors import LockHeld, MmptError

DELAYS_S = (30.0, 300.0)
"""Seconds before the second and the third attempt, unless MMPT_RETRY_DELAYS_S says otherwise: "30,300"."""

_TRANSIENT = {
    errno.EAGAIN, errno.EBUSY, errno.EIO, errno.EHOSTUNREACH, errno.ENETDOWN, errno.ENETUNREACH, errno.ESTALE,
    errno.ETIMEDOUT,
}  # fmt: skip


class WrongDelays(MmptError):
    """The environment does not say how long to wait."""


def as_task(name: str, stage: Stage[Found]) -> Stage[Found]:
    """The stage as a task of the running flow: a line on the run's page, tried again where that can help."""

    def run(context: Bound[Any]) -> Found:
        # The context goes around Prefect, not through it: nothing of it is hashed, walked through or stored.
        found: Found = as_prefect_task(name, lambda: stage(context))()
        return found

    return run


def delays_s() -> tuple[float, ...]:
    """How long to wait before each further attempt.

    Raises:
        WrongDelays: the environment says something else than seconds.
    """
    asked = os.environ.get("MMPT_RETRY_DELAYS_S")
    if asked is None:
        return DELAYS_S
    if not re.fullmatch(r"(\d+(\.\d+)?(,\d+(\.\d+)?)*)?", asked):
        raise WrongDelays(
            f"MMPT_RETRY_DELAYS_S is {asked!r}; it is seconds before each further attempt with commas between them, e.g. "
            "MMPT_RETRY_DELAYS_S=30,300, or empty for none"
        )
    return tuple(float(each) for each in asked.split(",") if each)


def as_prefect_task(name: str, call: Callable[[], Any]) -> Any:
    """A task without arguments that calls `call`, tried again after each of the delays where that can help."""
    delays = delays_s()
    return Task(
        without_secrets()(call), name=name, retries=len(delays), retry_delay_seconds=list(delays), retry_condition_fn=_condition,
        cache_policy=NO_CACHE, persist_result=False,
    )  # fmt: skip


def worth_retrying(error: BaseException) -> bool:
    """Whether the same call may succeed later."""
    return any(_is_transient(link) for link in _chain(error))


def _condition(task: Task[..., Any], run: TaskRun, state: State) -> bool:
    error = state.result(raise_on_failure=False)
    return isinstance(error, BaseException) and worth_retrying(error)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, what it was raised from, and so on."""
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__


def _is_transient(error: BaseException) -> bool:
    if isinstance(error, LockHeld | ConnectionError | TimeoutError):
        return True
    return isinstance(error, OSError) and error.errno in _TRANSIENT
