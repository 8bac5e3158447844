"""`mmpt-pipeline reproduce`: the tables of the papers, ours beside theirs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pipeline.cli.options import DeviceOption, JsonOption

if TYPE_CHECKING:
    from pipeline.studies.run import Settings

Preset = Literal["recommended", "paper", "code"]


def reproduce(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="A table. Without one, all are listed.")] = None,
    preset: Annotated[Preset | None, typer.Option(help="Of the method, instead of the recipe's.")] = None,
    data: Annotated[Path, typer.Option(help="Folder of the unpacked data sets.")] = Path("data"),
    weights: Annotated[Path, typer.Option(help="Folder of the downloaded weights.")] = Path("weights"),
    scores: Annotated[Path, typer.Option(help="Folder of other models' scores, for ensembles.")] = Path("scores"),
    workspace: Annotated[
        Path, typer.Option("--workspace", "-w", envvar="MMPT_WORKSPACE", help="Folder of the artifacts.")
    ] = Path("workspace"),
    miniature: Annotated[
        bool, typer.Option("--miniature", help="Try it on miniature stand-ins of data, encoders and LLM.")
    ] = False,
    recipe: Annotated[
        int | None, typer.Option("--recipe", metavar="ROW", help="Print a row's recipe instead of running it.")
    ] = None,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Run a table of a paper and print our figures beside its own.

    Rows share texts and features in the workspace; a row that lacks its data or weights is left out with its reason.

    Example: mmpt-pipeline reproduce taam-cpt-table7 --miniature
    """
    from pipeline.devices import check_device_name
    from pipeline.studies.places import Places
    from pipeline.studies.run import Settings

    if name is None:
        _list(as_json)
        return
    check_device_name(device)
    settings = Settings(Places(data, weights, scores, workspace), preset, miniature, device)
    if recipe is not None:
        _print_recipe(name, recipe, settings)
    else:
        _run(name, settings, as_json)


def _list(as_json: bool) -> None:
    from pipeline.cli.output import print_json, print_table
    from pipeline.studies.load import load_study, study_names

    rows = [
        {"name": name, "title": (study := load_study(name)).title, "rows": len(study.rows)} for name in study_names()
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(["study", "what", "rows"], [list(map(str, row.values())) for row in rows])


def _print_recipe(name: str, row: int, settings: "Settings") -> None:
    import yaml

    from pipeline.studies.load import StudyError, load_study
    from pipeline.studies.run import row_content

    study = load_study(name)
    if not 1 <= row <= len(study.rows):
        raise StudyError(f"study '{name}' has rows 1 to {len(study.rows)}; there is no row {row}")
    print(yaml.safe_dump(row_content(name, row, study, settings), sort_keys=False, allow_unicode=True), end="")


def _run(name: str, settings: "Settings", as_json: bool) -> None:
    from pipeline.cli.output import print_json, print_rich
    from pipeline.progress import Progress
    from pipeline.studies.load import load_study
    from pipeline.studies.run import run_study
    from pipeline.studies.tables import study_table, study_values

    study = load_study(name)
    title = f"{study.title}{' (miniature stand-ins: no result about the real world)' if settings.miniature else ''}"
    rows = list(run_study(name, study, settings, Progress.on_stderr()))
    if as_json:
        print_json(study_values(name, title, rows, not settings.miniature))
    else:
        print_rich(study_table(title, rows, not settings.miniature))
    problems = {row.problem for row in rows if row.problem}
    if problems:
        raise typer.Exit(2)
