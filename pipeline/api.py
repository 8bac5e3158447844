"""What the commands do, as functions, for scripts and notebooks: `from pipeline import load_recipe, plan, run, predict, ...`.

Importing this costs no torch; what needs it, imports it. Nothing here wants `if __name__ == "__main__":`.

Dims: n files, C classes of a modality, d width of its encoder's space.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.alarms import Alarm
from pipeline.devices import check_device_name
from pipeline.evaluation.readout import Readout
from pipeline.predictions import Prediction
from pipeline.recipe.envelope import Envelope, with_absolute_paths
from pipeline.records import find_run
from pipeline.runner.base import Runner
from pipeline.runner.choose import open_runner
from pipeline.runs.work import Step
from pipeline.stages import plan as planning
from pipeline.stages.predict import predict as predict_stage
from pipeline.stages.whole import run_recipe
from pipeline.tasks import load
from pipeline.tasks.registry import task_of
from pipeline.telemetry.progress import Progress
from stores import Store
from stores.address import Location, is_remote, location

Place = str | Location
"""A folder, or `s3://…`."""


@dataclass(frozen=True)
class Plan:
    """What a run would still have to do.

    Attributes:
        steps: in order, with rows, bytes and notes.
        warnings: what will go wrong, as far as it can be told before anything is made.
    """

    steps: tuple[Step, ...]
    warnings: tuple[Alarm, ...]


@dataclass(frozen=True)
class Finished:
    """A finished run.

    Attributes:
        name: of its recipe.
        workspace: where its artifacts are.
        figures: what `mmpt-pipeline evaluate --json` prints.
        report: the page that shows them.
        warnings: what is wrong though nothing failed, each with what to do; look at them before you believe the figures.
    """

    name: str
    workspace: Location
    figures: Mapping[str, Any]
    report: Location
    warnings: tuple[Alarm, ...]


@dataclass(frozen=True)
class Classifier:
    """What a finished run answers with, as plain arrays.

    Attributes:
        name: of the run's recipe.
        modalities: modality -> its encoder, labels (C) and class vectors (C, d), and how their cosines become probabilities.
    """

    name: str
    modalities: Mapping[str, Readout]

    def probabilities(self, features: Any, modality: str | None = None) -> np.ndarray:
        """Of an encoder's features (n, d), (n, C); the modality may be left out where there is one.

        Raises:
            KeyError: the run does not know the modality, or knows several and none was named.
        """
        known = self.modalities
        asked = modality or (next(iter(known)) if len(known) == 1 else "")
        if asked not in known:
            raise KeyError(f"this run knows {', '.join(known)}; give one of them as `modality`, found {modality!r}")
        return np.asarray(known[asked].probabilities(np.asarray(features)))


def load_recipe(recipe: str | Path | Mapping[str, Any] | Envelope, workspace: Place | None = None) -> Envelope:
    """Read and check a recipe: a file, a shipped recipe's name, or its content as a dictionary.

    Args:
        recipe: where it is, or what it says; relative paths in a dictionary start from this process's folder.
        workspace: where the artifacts lie, instead of what the recipe says.

    Raises:
        RecipeError: listing everything that is wrong with it.
    """
    place = None if workspace is None else location(workspace)
    if isinstance(recipe, Envelope):
        found = recipe
    elif isinstance(recipe, Mapping):
        found = load.check_recipe(recipe, where="recipe", base=Path().resolve())
    else:
        return with_absolute_paths(load.load_recipe(recipe, place))
    changed = found if place is None else found.model_copy(update={"workspace": place})
    return with_absolute_paths(changed)


def plan(recipe: str | Path | Mapping[str, Any] | Envelope, workspace: Place | None = None) -> Plan:
    """Tell what a run would still have to do; makes nothing, and needs no torch.

    Raises:
        MmptError: recipe and data do not fit.
    """
    bound = _bound(recipe, workspace, "cpu", False, draws=False)
    steps = planning.plan_run(bound)
    return Plan(tuple(steps), tuple(planning.foreseen(bound, steps)))


def run(
    recipe: str | Path | Mapping[str, Any] | Envelope,
    workspace: Place | None = None,
    *,
    device: str = "auto",
    processes: int | None = None,
    dask: str | None = None,
    progress: bool = True,
) -> Finished:
    """Run every stage of a recipe; what is already there is not done again.

    Args:
        recipe: see `load_recipe`.
        workspace: see `load_recipe`.
        device: "auto", "cpu", "cuda", "cuda:0", …
        processes: work in so many processes of this machine.
        dask: work on Dask, "tcp://HOST:PORT".
        progress: whether it is shown on standard error.

    Raises:
        MmptError: what any of the stages raises.
    """
    with open_runner(processes, dask) as runner:
        bound = _bound(recipe, workspace, device, progress, runner)
        outcome = run_recipe(bound)
        figures = task_of(bound.recipe).values(bound, "evaluate", outcome.result)
        return Finished(
            bound.recipe.name, location(bound.recipe.workspace), figures, outcome.report, tuple(bound.warnings())
        )


def predict(
    run: str | Finished,
    files: Iterable[str | Path] = (),
    *,
    workspace: Place = "workspace",
    texts: Sequence[str] = (),
    device: str = "auto",
    top: int = 5,
    **options: Any,
) -> list[Prediction]:
    """The most probable classes of each file, and of those in folders, by a finished run.

    Args:
        run: what `run` returned, or a recipe's name, or its run's folder.
        files: files and folders.
        workspace: where the run is, if it is named.
        texts: that are judged as they are; their answers come after those of the files.
        device: where encoders run.
        top: classes a file.
        options: labels, method, seed, strangers, together, ask, see `pipeline.stages.predict`.

    Returns:
        one prediction a file, then one a text; one that could not be read has an error.

    Raises:
        RunError: there is no such run, or it is not trained.
        MmptError: the run does not have what is asked for.
    """
    name, place = _run_of(run, workspace)
    return predict_stage(name, place, [Path(file) for file in files], device, top, texts=texts, **options)


def load_classifier(run: str | Finished, *, workspace: Place = "workspace", method: str | None = None) -> Classifier:
    """What a finished run answers with, as plain arrays.

    Args:
        run: what `run` returned, or a recipe's name, or its run's folder.
        workspace: where the run is, if it is named.
        method: another classifier than the published one, by its name in the tables.

    Raises:
        RunError: there is no such run, or it is not trained.
        MmptError: the run has no such classifier, or what it learned is no class vectors.
    """
    name, place = _run_of(run, workspace)
    folder, record = find_run(name, place)
    store = Store((folder if is_remote(folder) else folder.resolve()).parents[1])
    task = load.task_of_content(record.recipe, f"the record of run '{name}'")
    return Classifier(record.recipe["name"], task.readouts(store, record, method))


def _run_of(run: str | Finished, workspace: Place) -> tuple[str, Location]:
    return (run.name, run.workspace) if isinstance(run, Finished) else (run, location(workspace))


def _bound(
    recipe: Any, workspace: Place | None, device: str, progress: bool, runner: Runner | None = None, draws: bool = True
) -> Any:
    check_device_name(device)
    found = load_recipe(recipe, workspace)
    shown = Progress.on_stderr() if progress else Progress.silent()
    return task_of(found).bound(found, device, shown, runner=runner, draws=draws)
