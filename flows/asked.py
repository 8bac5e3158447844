"""Flows that ask and change nothing: what is to be done, what there is, and what a finished run says of files.

Each returns what the command of its name prints with `--json`.
"""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.states import Completed
from pydantic import Field

from flows import page
from flows.opened import Device, Recipe, Workspace, opened
from flows.redaction import without_secrets

if TYPE_CHECKING:
    from pipeline.predictions import Prediction

Run = Annotated[str, Field(min_length=1, examples=["miniature"])]
Files = Annotated[list[str], Field(min_length=1, examples=[["picture.png", "sounds"]])]
Top = Annotated[int, Field(ge=1)]
Threshold = Annotated[float, Field(ge=0, le=1)]


@flow(name="plan", persist_result=False)
@without_secrets()
def plan(recipe: Recipe = None, workspace: Workspace = None) -> list[dict[str, Any]]:
    """Tell what a run would still have to do: rows and bytes by stage.

    Args:
        recipe: A recipe file on the worker's machine, or a shipped recipe's name. Empty: recipe.yaml, else "miniature".
        workspace: Folder of the artifacts, instead of the recipe's own.
    """
    from pipeline.stages.plan import plan_run

    with opened(recipe, workspace, "cpu", draws=False) as context:
        steps = [asdict(each) for each in plan_run(context)]
        page.show_rows(context.recipe.name, "plan", [_row(each) for each in steps], "Plan")
    return steps


@flow(name="status", persist_result=False)
@without_secrets()
def status(recipe: Recipe = None, workspace: Workspace = None) -> dict[str, Any]:
    """Tell what is stored, missing, failed and held, and how the last runs of a recipe went.

    Args:
        recipe: A recipe file on the worker's machine, or a shipped recipe's name. Empty: recipe.yaml, else "miniature".
        workspace: Folder of the artifacts, instead of the recipe's own.
    """
    from pipeline.operations.status import recipe_status, status_values

    with opened(recipe, workspace, "cpu", draws=False) as context:
        found = status_values(recipe_status(context))
        page.show_rows(context.recipe.name, "stored", found["stored"], "Stored")
        page.show_rows(
            context.recipe.name, "missing", [_row(each) for each in found["missing"] if each["missing"]], "Missing"
        )
        page.show_rows(context.recipe.name, "failed", found["failed"], "Rejected")
    return found


@flow(name="predict", persist_result=False)
@without_secrets()
def predict(
    run: Run,
    files: Files,
    workspace: Workspace = None,
    device: Device = "auto",
    top: Top = 5,
    threshold: Threshold = 0.0,
    labels: str | None = None,
    method: str | None = None,
    seed: int | None = None,
    ask: list[str] | None = None,
) -> State[list[dict[str, Any]]]:
    """Classify files with a finished run.

    The run ends as Completed; as Unreadable (a completed state, too) when some file could not be read.

    Args:
        run: A finished run, which is its recipe's name.
        files: Images, sounds or videos on the worker's machine, or folders of them.
        workspace: Folder or URL where it ran. Empty: the folder "workspace".
        device: Where encoders run: auto, cpu, cuda, cuda:0, cuda:1 and so on.
        top: How many classes to show.
        threshold: Name no class that is less probable than this.
        labels: Text file of other names to choose from, one a line; of runs of labelled images.
        method: Whose answers, where the run learned several methods.
        seed: And of which seed. Empty: what the recipe publishes.
        ask: Questions about every file, of a run that learned to answer some.
    """
    from pipeline.labels import load_labels
    from pipeline.predictions import at_least, predictions_to_json
    from pipeline.stages.predict import predict as predict_stage

    say = get_run_logger().info if page.in_run() else print
    names, place = load_labels(labels) if labels else [], Path(workspace or "workspace")
    asked = [Path(each) for each in files]
    found = at_least(
        predict_stage(run, place, asked, device, top, say, labels=names, method=method, seed=seed, ask=ask or []),
        threshold,
    )
    bad = sum(bool(each.error) for each in found)
    page.show_rows(Path(run).name, "answers", [_answer(each) for each in found], "Answers, percent")
    message = f"{len(found) - bad:,} files judged" + (f", {bad:,} could not be read" if bad else "")
    return Completed(name="Unreadable" if bad else "Completed", message=message, data=predictions_to_json(found))


def _row(step: dict[str, Any]) -> dict[str, Any]:
    """A step as a row of a table."""
    return {name: step[name] for name in ("stage", "what", "wanted", "missing", "bytes", "note")}


def _answer(found: "Prediction") -> dict[str, Any]:
    """The classes of a file as a row of a table, the most probable first."""
    told = found.error or ", ".join(f"{label} {100 * share:.1f}" for label, share in found.classes)
    asked = {"question": found.question} if found.question else {}
    return {"file": found.path, "modality": found.modality, **asked, "classes": told}
