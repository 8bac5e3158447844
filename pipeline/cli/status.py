"""`mmpt-pipeline status` and `retry`: what a workspace holds, lacks and has refused, and trying again what failed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.options import (
    DeviceOption,
    JsonOption,
    RecipeArgument,
    WorkspaceOption,
    meant_recipe,
    open_bound,
)

if TYPE_CHECKING:
    from pipeline.operations.retry import Tried
    from pipeline.operations.status import Status


def status(
    recipe: RecipeArgument = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
    metrics: Annotated[bool, typer.Option("--metrics", help="Print Prometheus' text format.")] = False,
) -> None:
    """Tell what is stored, missing, failed and held, and how the last runs went.

    Of a recipe; with --workspace and no RECIPE, of everything in that folder. Needs no torch and makes nothing.

    Example: mmpt-pipeline status recipe.yaml
    """
    from pipeline.cli.output import print_json
    from pipeline.cli.status_pages import print_status
    from pipeline.operations.metrics import metrics as as_metrics
    from pipeline.operations.status import status_values

    found = _status(recipe, workspace)
    if metrics:
        print(as_metrics(found), end="")
    elif as_json:
        print_json(status_values(found))
    else:
        print_status(found, recipe or ("RECIPE" if found.recipe is None else found.recipe))


def retry(
    recipe: RecipeArgument = None,
    failed: Annotated[bool, typer.Option("--failed", help="Try them again; without it they are only listed.")] = False,
    workspace: WorkspaceOption = None,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Try again files that were rejected, and queries of which no sentence was kept.

    Of a few-shot recipe: images that could not be decoded. Exit code 1 when some fail still.

    Example: mmpt-pipeline retry recipe.yaml --failed
    """
    from pipeline.cli.output import print_json
    from pipeline.cli.status_pages import print_tried

    meant = meant_recipe(recipe)
    found = _tried(meant, workspace, device, failed)
    if as_json:
        print_json([{**vars(each), "mended": each.mended} for each in found])
    else:
        print_tried(found, meant, failed)
    if failed and any(each.failing for each in found):
        raise typer.Exit(1)


def _status(recipe: str | None, workspace: Path | None) -> "Status":
    from pipeline.operations.status import recipe_status, workspace_status

    if recipe is None and workspace is not None and not Path("recipe.yaml").is_file():
        return workspace_status(str(workspace))
    return recipe_status(open_bound(recipe, workspace, draws=False))


def _tried(recipe: str, workspace: Path | None, device: str, failed: bool) -> "list[Tried]":
    """What came of everything that had failed; untried, that it has."""
    from pipeline.operations.retry import find_failed, outcome, retry_failed

    bound = open_bound(recipe, workspace, device, draws=False)
    return retry_failed(bound) if failed else outcome(there := find_failed(bound), there)
