"""Answers about a user's own files, by a finished run of any task."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.datasets.aside import summary
from pipeline.datasets.given import given_files
from pipeline.devices import check_device_name
from pipeline.records import RunError, find_run
from pipeline.tasks.base import Task
from pipeline.tasks.load import task_of_content
from stores import Store
from stores.address import Location, is_remote

if TYPE_CHECKING:
    from pipeline.predictions import Prediction

FEW = 100
"""Files below which assigning them together is no better than one by one."""


def predict(
    run: str,
    workspace: Location,
    files: Sequence[Path],
    device: str,
    top: int,
    say: Callable[[str], None] = lambda text: None,
    *,
    labels: Sequence[str] = (),
    method: str | None = None,
    seed: int | None = None,
    texts: Sequence[str] = (),
    strangers: bool = False,
    together: bool = False,
    ask: Sequence[str] = (),
) -> "list[Prediction]":
    """The most probable classes of each file, and of those in folders; a file that cannot be read has an error instead.

    Args:
        run: a recipe's name, or its run's folder.
        workspace: where it ran.
        files: files and folders.
        device: where encoders run.
        top: classes a file.
        say: is told what lies in the folders and is not judged.
        labels: names to choose from instead of the run's own, where the method can.
        method: whose answers these are, where the recipe has several.
        seed: and of which seed.
        texts: that are judged as they are; their answers come after those of the files.
        strangers: whether files that resemble none of the run's own get no class.
        together: whether files of a modality are assigned together instead of one by one.
        ask: questions about every file, of a run that learned to answer some; then there is a prediction a file and question.

    Raises:
        RunError: there is no such run, or it is not trained.
        MmptError: the run does not have what is asked for.
    """
    check_device_name(device)
    folder, record = find_run(run, workspace)
    store = Store((folder if is_remote(folder) else folder.resolve()).parents[1])
    task = task_of_content(record.recipe, f"the record of run '{run}'")
    question = asked(task, run, ask)
    found, aside = given_files(files, task.judged_modalities(record))
    if aside:
        say(f"not judged: {summary(aside)}")
    if together and len(found) + len(texts) < FEW:
        say(
            f"--together learns from the files themselves: {len(found) + len(texts)} of them say little, judge {FEW} or more"
        )
    return task.predict(
        store, record, found, device=device, top=top, labels=labels, method=method, seed=seed, texts=texts,
        strangers=strangers, together=together, **question,
    )  # fmt: skip


def asked(task: Task[Any], run: str, ask: Sequence[str]) -> dict[str, Sequence[str]]:
    """The questions as the task takes them: only one that answers questions is given any, and it needs some.

    Raises:
        RunError: there are questions and the run answers none, or there are none and it answers nothing else.
    """
    if ask and not task.asks:
        raise RunError(
            f"predict: --ask: run '{run}' is of the task '{task.name}' and answers no questions; runs of av-questions do. "
            "Leave --ask out"
        )
    if task.asks and not ask:
        raise RunError(f"predict: run '{run}' answers questions. Ask one: mmpt-pipeline predict {run} CLIP --ask \"…\"")
    return {"ask": ask} if task.asks else {}
