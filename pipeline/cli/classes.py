"""New classes: `classes add` writes their names down, `refresh` learns them and publishes what became of it."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import (
    DaskOption,
    DeviceOption,
    JsonOption,
    ProcessesOption,
    RecipeArgument,
    WorkspaceOption,
    meant_recipe,
    open_bound,
)

app = typer.Typer(name="classes", help="Add class names to a recipe.", no_args_is_help=True)


@app.command()
def add(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe file with a label file of its own.")],
    names: Annotated[list[str], typer.Argument(metavar="NAMES…", help="New class names, each in quotation marks.")],
    modality: Annotated[
        str | None, typer.Option("--modality", "-m", help="Whose classes; needed where several have a label file.")
    ] = None,
    near: Annotated[bool, typer.Option("--near", help="Take names that look like an existing one, too.")] = False,
    emit: Annotated[
        bool, typer.Option("--emit", help="Also tell the service (an event of Prefect), which then refreshes.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Add class names to the recipe's label file.

    All of them or none; what is there already is refused.

    Example: mmpt-pipeline classes add recipe.yaml "king snake" "red panda"
    """
    from pipeline.announce import announce_classes
    from pipeline.cli.output import print_json, say
    from pipeline.labels import load_labels
    from pipeline.labels.adding import add_labels
    from pipeline.tasks.label_files import label_file

    found, file = label_file(recipe, modality)
    added = add_labels(file, names, near=near)
    if emit:
        announce_classes(Path(recipe), found, added)
    if as_json:
        print_json({"modality": found, "file": str(file), "added": added, "classes": len(load_labels(str(file)))})
        return
    say(f"{len(added)} added to {file}: {', '.join(added)}")
    say("The service was told." if emit else f"Learn them with: mmpt-pipeline refresh {recipe}")


def refresh(
    recipe: RecipeArgument = None,
    workspace: WorkspaceOption = None,
    device: DeviceOption = "auto",
    processes: ProcessesOption = None,
    dask: DaskOption = None,
    as_json: JsonOption = False,
) -> None:
    """Learn new classes, and publish them if no old one suffers.

    Only what is new is written, encoded and learned. Exit code 1 when the old pools were kept: refresh.tolerance
    of the recipe tells how much a class may lose.

    Example: mmpt-pipeline refresh recipe.yaml
    """
    from pipeline.cli.output import print_json
    from pipeline.cli.tables import refresh_table
    from pipeline.cli.warned import tell_warnings, with_warnings
    from pipeline.runner.choose import open_runner
    from pipeline.stages.refresh import refresh as refresh_run

    with open_runner(processes, dask) as runner:
        bound = open_bound(recipe, workspace, device, runner)
        outcome = refresh_run(bound)
    alarms = bound.warnings()
    if as_json:
        values = {**vars(outcome), "figures": [vars(figure) for figure in outcome.figures]}
        print_json(with_warnings(values, alarms))
    else:
        refresh_table(outcome)
    tell_warnings(alarms, meant_recipe(recipe))
    if outcome.verdict == "kept":
        raise typer.Exit(1)
