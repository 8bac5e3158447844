"""Classes that come, leave or are called otherwise: their names in the label file; `refresh` learns what is new of them."""

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

app = typer.Typer(name="classes", help="Add, remove and rename classes of a recipe.", no_args_is_help=True)


RecipeFile = Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe file with a label file of its own.")]
ModalityOption = Annotated[
    str | None, typer.Option("--modality", "-m", help="Whose classes; needed where several have a label file.")
]


@app.command()
def add(
    recipe: RecipeFile,
    names: Annotated[list[str], typer.Argument(metavar="NAMES…", help="New class names, each in quotation marks.")],
    modality: ModalityOption = None,
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


@app.command()
def remove(
    recipe: RecipeFile,
    names: Annotated[list[str], typer.Argument(metavar="NAMES…", help="Class names, each in quotation marks.")],
    modality: ModalityOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take class names out of the recipe's label file.

    Their sentences stay in the store, and rows that were learned of other classes are kept as they are.

    Example: mmpt-pipeline classes remove recipe.yaml "king snake"
    """
    from pipeline.cli.output import print_json, say
    from pipeline.labels import load_labels
    from pipeline.labels.changing import remove_labels
    from pipeline.tasks.label_files import label_file

    found, file = label_file(recipe, modality)
    gone = remove_labels(file, names)
    if as_json:
        print_json({"modality": found, "file": str(file), "removed": gone, "classes": len(load_labels(str(file)))})
        return
    say(f"{len(gone)} removed from {file}: {', '.join(gone)}")
    say(f"Publish a run without them: mmpt-pipeline run {recipe}")


@app.command()
def rename(
    recipe: RecipeFile,
    old: Annotated[str, typer.Argument(metavar="OLD", help="A class.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="What it is called from now on.")],
    modality: ModalityOption = None,
    near: Annotated[bool, typer.Option("--near", help="Take a name that looks like another class, too.")] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Call a class otherwise.

    Its sentences are kept with the new name in them, and so is the row that was learned. Killed, it may be repeated.

    Example: mmpt-pipeline classes rename recipe.yaml "panda" "giant panda"
    """
    from pipeline.cli.output import print_json, say
    from pipeline.labels import load_labels
    from pipeline.labels.changing import check_rename, rename_label
    from pipeline.tasks.label_files import label_file
    from pipeline.tasks.registry import task_of

    found, file = label_file(recipe, modality)
    old, new = check_rename(file, old, new, near=near)
    if old not in load_labels(str(file)):  # the file is written last, so nothing is left to do; or OLD is a slip
        if as_json:
            print_json({"modality": found, "file": str(file), "old": old, "new": new, "sentences": 0, "left": 0})
            return
        say(f"Nothing was done: {old!r} is no class of {file}, and {new!r} is one, as after this very command.")
        say("Where the file was changed by hand, write the old name there again, and let this command rename it.")
        return
    bound = open_bound(recipe, workspace, "cpu", draws=False)
    growth = task_of(bound.recipe).growth
    assert growth is not None, "there is a label file"
    sentences, left = growth.rename(bound, found, old, new)
    rename_label(file, old, new)
    if as_json:
        print_json({"modality": found, "file": str(file), "old": old, "new": new, "sentences": sentences, "left": left})
        return
    say(f"{old!r} is {new!r} from now on, in {file}; {sentences:,} sentences were rewritten")
    if left:
        say(f"{left:,} sentences cannot carry the new name and stay behind; others will be written instead")
    say(
        f"Files, folders and tables that say {old!r} have to say {new!r} as well: they are found by the names of classes."
    )
    say(f"Publish it: mmpt-pipeline run {recipe}")


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
