"""`mmpt-pipeline datasets`: the data sets that recipes can name, their trees, and whether one is whole."""

from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli.options import JsonOption

app = typer.Typer(help="Data sets: which there are, how they lie on disk, whether one is whole.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="A data set, as `datasets ls` names it.")]


@app.command("ls")
def ls(as_json: JsonOption = False) -> None:
    """List the data sets that a recipe can name under `data: {layout: …}`.

    Example: mmpt-pipeline datasets ls
    """
    from pipeline.cli.dataset_pages import count, described, label_set
    from pipeline.cli.output import print_json, print_table
    from pipeline.datasets.registry import ALL, AUDIO_VISUAL

    if as_json:
        print_json([described(layout) for layout in ALL.values()])
        return
    rows = [
        [
            one.name,
            one.title,
            "video with sound" if one.name in AUDIO_VISUAL else one.modality or "any",
            label_set(one),
            count(one.count),
            one.disk,
        ]
        for one in ALL.values()
    ]
    print_table(["layout", "data set", "modality", "label set", "files", "disk"], rows)


@app.command()
def show(name: NameArgument, as_json: JsonOption = False) -> None:
    """Show a data set's tree on disk, what to download, and how a recipe names it.

    Example: mmpt-pipeline datasets show esc50
    """
    from pipeline.cli.dataset_pages import described, description
    from pipeline.cli.output import print_json
    from pipeline.datasets.registry import find_layout

    layout = find_layout(name)
    if as_json:
        print_json(described(layout))
        return
    print(description(layout))


@app.command()
def check(
    name: NameArgument,
    root: Annotated[Path | None, typer.Option(help="The folder that the tree of `datasets show` begins with.")] = None,
    split: Annotated[str | None, typer.Option(help="Default: the one the paper judges.")] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", "-o", metavar="KEY=VALUE", help="Any other option of the layout.")
    ] = None,
    labels: Annotated[
        str | None, typer.Option(help="A shipped label set or a text file. Default: the data set's own.")
    ] = None,
    modality: Annotated[str | None, typer.Option(help="video, image or audio; for layouts that can hold any.")] = None,
    workspace: Annotated[
        Path, typer.Option("--workspace", "-w", envvar="MMPT_WORKSPACE", help="Where media of tars are copied to.")
    ] = Path("workspace"),
    as_json: JsonOption = False,
) -> None:
    """Count the files found, missing and unlabelled of every class; leave with status 1 if none is there.

    Example: mmpt-pipeline datasets check ucf101 --root data/ucf101
    """
    from dataclasses import asdict

    from pipeline.cli.dataset_pages import print_check
    from pipeline.cli.output import print_json
    from pipeline.datasets.check import check_data, data_config
    from pipeline.datasets.registry import CLIPS, MASK_CLIPS, QUESTIONED, find_layout
    from pipeline.labels import load_labels

    layout = find_layout(name)
    given = {"root": root, "split": split} | _options(option or [])
    config = data_config(layout, {key: value for key, value in given.items() if value is not None})
    if name in CLIPS:
        from pipeline.cli.clip_pages import check_clips

        check_clips(layout, config, workspace, as_json)
        return
    if name in MASK_CLIPS:
        from pipeline.cli.mask_pages import check_mask_clips

        check_mask_clips(layout, config, workspace, as_json)
        return
    if name in QUESTIONED:
        from pipeline.cli.question_pages import check_questions

        check_questions(layout, config, workspace, as_json)
        return
    if labels is None and layout.names is not None:
        classes = layout.names(config)
    else:
        told = "a shipped label set or a text file of class names"
        classes = load_labels(_required("labels", labels or layout.label_set, told))
    kind = _required("modality", modality or layout.modality, "video, image or audio")
    found = check_data(layout, config, kind, classes, workspace)
    if as_json:
        values = asdict(found)
        print_json({"layout": name, **{key: value for key, value in values.items() if value or key != "aside"}})
    else:
        print_check(layout, found)
    if not found.found:
        raise typer.Exit(1)


def _options(pairs: list[str]) -> dict[str, Any]:
    import yaml

    from pipeline.datasets.errors import DatasetError

    found: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise DatasetError(f"--option {pair}: expected KEY=VALUE, for example --option difficult=positive")
        try:
            found[key] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise DatasetError(f"--option {pair}: the value is no YAML: {' '.join(str(error).split())}") from error
    return found


def _required(name: str, value: str | None, what: str) -> str:
    from pipeline.datasets.errors import DatasetError

    if value is None:
        raise DatasetError(f"--{name} is missing: this layout has none of its own. Give {what}: --{name} …")
    return value
