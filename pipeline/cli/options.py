"""Arguments and options that several commands share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pipeline.stages.context import Context

RecipeArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="RECIPE",
        help="A recipe file, or a shipped recipe's name. Default: ./recipe.yaml, else the recipe 'miniature'.",
        show_default=False,
    ),
]
WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace", "-w", envvar="MMPT_WORKSPACE", help="Folder of the artifacts, instead of the recipe's."
    ),
]
DeviceOption = Annotated[str, typer.Option("--device", "-d", help="auto, cpu, cuda, cuda:0, …")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


def open_context(recipe: str | None, workspace: Path | None, device: str = "auto") -> "Context":
    """The recipe that was meant, bound to its workspace."""
    from pipeline.devices import check_device_name
    from pipeline.progress import Progress
    from pipeline.recipe import load_recipe
    from pipeline.stages.context import Context

    check_device_name(device)
    if recipe is None:
        recipe = "recipe.yaml" if Path("recipe.yaml").is_file() else "miniature"
    return Context(load_recipe(recipe, workspace), device, Progress.on_stderr())
