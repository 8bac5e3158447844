"""`mmpt-pipeline reproduce`: the tables of the papers, ours beside theirs."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pipeline.cli.options import DaskOption, DeviceOption, JsonOption, ProcessesOption

if TYPE_CHECKING:
    from pipeline.studies.settings import Settings

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
    processes: ProcessesOption = None,
    dask: DaskOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run a table of a paper and print our figures beside its own.

    Rows share texts, features and what was learned in the workspace; a row that lacks its data or weights is left out with its
    reason. With --processes or --dask workers do the work.

    Example: mmpt-pipeline reproduce taam-cpt-table7 --miniature
    """
    from pipeline.devices import check_device_name
    from pipeline.runner.choose import open_runner
    from pipeline.studies.settings import Places, Settings

    if name is None:
        _list(as_json)
        return
    check_device_name(device)
    settings = Settings(Places(data, weights, scores, workspace), preset, miniature, device)
    if recipe is not None:
        _print_recipe(name, recipe, settings)
        return
    with open_runner(processes, dask) as runner:
        _run(name, replace(settings, runner=runner), as_json)


def _list(as_json: bool) -> None:
    from pipeline.cli.output import print_json, print_table
    from pipeline.studies.load import kind_of, load_study, study_names

    studies = {name: load_study(name) for name in study_names()}
    rows = [{"name": n, "title": each.title, "rows": len(kind_of(n).rows(each))} for n, each in studies.items()]
    if as_json:
        print_json(rows)
    else:
        print_table(["study", "what", "rows"], [list(map(str, row.values())) for row in rows])


def _print_recipe(name: str, row: int, settings: "Settings") -> None:
    import yaml

    from pipeline.studies.base import StudyError
    from pipeline.studies.load import kind_of, load_study

    kind, study = kind_of(name), load_study(name)
    count = len(kind.rows(study))
    if not 1 <= row <= count:
        raise StudyError(f"study '{name}' has rows 1 to {count}; there is no row {row}")
    print(yaml.safe_dump(kind.content(name, row, study, settings), sort_keys=False, allow_unicode=True), end="")


def _run(name: str, settings: "Settings", as_json: bool) -> None:
    from pipeline.cli.output import print_json, print_rich
    from pipeline.studies.base import study_values
    from pipeline.studies.load import kind_of, load_study
    from pipeline.telemetry.progress import Progress

    kind, study, compared = kind_of(name), load_study(name), not settings.miniature
    title = f"{study.title}{'' if compared else ' (miniature stand-ins: no result about the real world)'}"
    rows = list(kind.run(name, study, settings, Progress.on_stderr()))
    if as_json:
        print_json(study_values(name, title, rows, compared))
    else:
        print_rich(kind.table(title, rows, compared))
    if any(row.problem for row in rows):
        raise typer.Exit(2)
