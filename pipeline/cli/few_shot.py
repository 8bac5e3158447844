"""`mmpt-pipeline few-shot`: prompts from a few labelled images a class."""

from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.options import DeviceOption, JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from pipeline.few_shot.run import FewShotResult


def few_shot(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="A few-shot recipe's file, or a shipped one's name.")],
    workspace: WorkspaceOption = None,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Learn prompts from a few images of half of the classes, judge both halves.

    Every method of the recipe, with every seed, beside zero-shot. What is already there is not done again.

    Example: mmpt-pipeline few-shot miniature
    """
    from pipeline.cli.output import print_json, print_table
    from pipeline.devices import check_device_name
    from pipeline.few_shot.recipe import load_few_shot_recipe
    from pipeline.few_shot.run import run_few_shot
    from pipeline.few_shot.task import Task
    from pipeline.progress import Progress

    check_device_name(device)
    task = Task(load_few_shot_recipe(recipe, workspace), device, Progress.on_stderr())
    result = run_few_shot(task)
    if as_json:
        print_json(_as_json(result))
        return
    title = f"{task.recipe.name}: accuracy in percent, means over seeds {', '.join(map(str, task.recipe.seeds))}"
    columns = ["method", "base", "novel", "H", "base by iteration", "novel by iteration"]
    print_table(columns, _rows(result), title=title)


def _rows(result: "FewShotResult") -> list[list[str]]:
    rows = []
    for name, found in result.means().items():
        by_iteration = [_mean_columns([getattr(run, half) for run in result.runs[name]]) for half in ("base", "novel")]
        shown = [" → ".join(_percent(value) for value in values) if len(values) > 1 else "" for values in by_iteration]
        rows.append([name, _percent(found.base), _percent(found.novel), _percent(found.harmonic), *shown])
    return rows


def _as_json(result: "FewShotResult") -> dict[str, object]:
    means = result.means()
    return {
        name: {
            "base": means[name].base,
            "novel": means[name].novel,
            "harmonic": means[name].harmonic,
            "seeds": [vars(run) for run in runs],
        }
        for name, runs in result.runs.items()
    }


def _mean_columns(rows: list[tuple[float, ...]]) -> list[float]:
    return [sum(column) / len(column) for column in zip(*rows, strict=True)]


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
