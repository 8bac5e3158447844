"""`mmpt-pipeline reproduce`: the tables of the papers, ours beside theirs."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from pipeline.cli.options import DaskOption, DeviceOption, JsonOption, ProcessesOption

if TYPE_CHECKING:
    from pipeline.studies.settings import Settings

Shown = tuple[dict[str, Any], Any, bool]
"""Values for programs, a table for people, whether something could not be run."""
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
    from pipeline.studies.places import Places
    from pipeline.studies.settings import Settings

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
    from pipeline.studies.load import few_shot_study_names, load_few_shot_study, load_study, study_names

    few_shot = {name: load_few_shot_study(name) for name in few_shot_study_names()}
    rows = [{"name": name, "title": study.title, "rows": len(study.runs)} for name, study in few_shot.items()]
    rows += [
        {"name": name, "title": (study := load_study(name)).title, "rows": len(study.rows)} for name in study_names()
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(["study", "what", "rows"], [list(map(str, row.values())) for row in rows])


def _print_recipe(name: str, row: int, settings: "Settings") -> None:
    import yaml

    from pipeline.studies.load import StudyError, few_shot_study_names, load_few_shot_study, load_study

    if name in few_shot_study_names():
        from pipeline.studies.few_shot.run import few_shot_content

        few_shot = load_few_shot_study(name)
        count, content = len(few_shot.runs), lambda: few_shot_content(name, row, few_shot, settings)
    else:
        from pipeline.studies.run import row_content

        study = load_study(name)
        count, content = len(study.rows), lambda: row_content(name, row, study, settings)
    if not 1 <= row <= count:
        raise StudyError(f"study '{name}' has rows 1 to {count}; there is no row {row}")
    print(yaml.safe_dump(content(), sort_keys=False, allow_unicode=True), end="")


def _run(name: str, settings: "Settings", as_json: bool) -> None:
    from pipeline.cli.output import print_json, print_rich
    from pipeline.studies.load import few_shot_study_names

    shown = _few_shot if name in few_shot_study_names() else _from_sentences
    values, table, problems = shown(name, settings)
    if as_json:
        print_json(values)
    else:
        print_rich(table)
    if problems:
        raise typer.Exit(2)


def _from_sentences(name: str, settings: "Settings") -> Shown:
    from pipeline.studies.load import load_study
    from pipeline.studies.run import run_study
    from pipeline.studies.tables import study_table, study_values
    from pipeline.telemetry.progress import Progress

    study = load_study(name)
    title, compared = _title(study.title, settings), not settings.miniature
    rows = list(run_study(name, study, settings, Progress.on_stderr()))
    problems = any(row.problem for row in rows)
    return study_values(name, title, rows, compared), study_table(title, rows, compared), problems


def _few_shot(name: str, settings: "Settings") -> Shown:
    from pipeline.studies.few_shot.run import run_few_shot_study
    from pipeline.studies.few_shot.tables import few_shot_study_table
    from pipeline.studies.load import load_few_shot_study
    from pipeline.studies.tables import study_values
    from pipeline.telemetry.progress import Progress

    study = load_few_shot_study(name)
    title, compared = _title(study.title, settings), not settings.miniature
    rows = list(run_few_shot_study(name, study, settings, Progress.on_stderr()))
    problems = any(row.problem for row in rows)
    return study_values(name, title, rows, compared), few_shot_study_table(title, rows), problems


def _title(title: str, settings: "Settings") -> str:
    return f"{title}{' (miniature stand-ins: no result about the real world)' if settings.miniature else ''}"
