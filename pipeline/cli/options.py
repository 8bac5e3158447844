"""Arguments and options that several commands share."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from pipeline.runner.base import Runner

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
        "--workspace",
        "-w",
        envvar="MMPT_WORKSPACE",
        help="Folder or URL (s3://…) of the artifacts, instead of the recipe's.",
    ),
]
DeviceOption = Annotated[str, typer.Option("--device", "-d", help="auto, cpu, cuda, cuda:0, …")]
ProcessesOption = Annotated[
    int | None,
    typer.Option("--processes", min=1, metavar="N", help="Work in N processes of this machine.", show_default=False),
]
DaskOption = Annotated[
    str | None,
    typer.Option(
        "--dask", metavar="WHERE", help="Work on Dask: tcp://HOST:PORT, or local:N to try it.", show_default=False
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


def on_this_machine(path: Path | None) -> Path | None:
    """Refuse a URL where something is written to a file or a folder; as a path it would name a folder called `s3:`.

    Raises:
        typer.BadParameter: it is one.
    """
    from stores.address import is_url

    if path is not None and is_url(path):
        raise typer.BadParameter(f"{path} is a URL. Give a place on this machine, and copy what is written from there.")
    return path


def open_bound(
    recipe: str | None, workspace: Path | None, device: str = "auto", runner: "Runner | None" = None, draws: bool = True
) -> Any:
    """The recipe that was meant, bound to its workspace, and to a runner where one was asked for; see `Bound` for `draws`."""
    from pipeline.devices import check_device_name
    from pipeline.recipe.envelope import with_absolute_paths
    from pipeline.tasks.load import load_recipe
    from pipeline.tasks.registry import task_of
    from pipeline.telemetry.progress import Progress

    check_device_name(device)
    found = load_recipe(meant_recipe(recipe), workspace)
    found = found if runner is None else with_absolute_paths(found)
    return task_of(found).bound(found, device, Progress.on_stderr(), runner=runner, draws=draws)


def meant_recipe(recipe: str | None) -> str:
    """The recipe that was named; else that of this folder, else the miniature's."""
    return recipe or ("recipe.yaml" if Path("recipe.yaml").is_file() else "miniature")


def names_apart(paths: Sequence[str | Path]) -> list[str]:
    """Names of clips without folders and endings, which what is written of them is called by.

    Raises:
        typer.BadParameter: two clips have one name.
    """
    found = Counter(Path(path).stem for path in dict.fromkeys(map(str, paths)))
    if twice := sorted(name for name, count in found.items() if count > 1):
        raise typer.BadParameter(
            f"several clips are called {twice[0]}, and what is written of them would be one. Judge them one after the other."
        )
    return [Path(path).stem for path in paths]
