"""`mmpt-pipeline datasets`: the data sets that recipes can name, their trees, and whether one is whole."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.options import JsonOption

if TYPE_CHECKING:
    from pipeline.datasets.check import Check
    from pipeline.datasets.layout import Layout

app = typer.Typer(help="Data sets: which there are, how they lie on disk, whether one is whole.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="A data set, as `datasets ls` names it.")]


@app.command("ls")
def ls(as_json: JsonOption = False) -> None:
    """List the data sets that a recipe can name under `data: {layout: …}`.

    Example: mmpt-pipeline datasets ls
    """
    from pipeline.cli.output import print_json, print_table
    from pipeline.datasets.registry import LAYOUTS

    if as_json:
        print_json([_described(layout) for layout in LAYOUTS.values()])
        return
    rows = [
        [one.name, one.title, one.modality or "any", one.label_set or "yours", _count(one.count), one.disk]
        for one in LAYOUTS.values()
    ]
    print_table(["layout", "data set", "modality", "label set", "files", "disk"], rows)


@app.command()
def show(name: NameArgument, as_json: JsonOption = False) -> None:
    """Show a data set's tree on disk, what to download, and how a recipe names it.

    Example: mmpt-pipeline datasets show esc50
    """
    from pipeline.cli.output import print_json
    from pipeline.datasets.registry import find_layout

    layout = find_layout(name)
    if as_json:
        print_json(_described(layout))
        return
    options = ", ".join(f"{option}: {_plain(value)}" for option, value in layout.options().items())
    parts = {
        "modality": layout.modality or "video, image or audio",
        "label set": layout.label_set or "yours",
        "labels": _LABELLING[layout.labelling],
        "files": _count(layout.count),
        "download": layout.download,
        "disk": layout.disk,
        "the paper": layout.paper,
        "options": options,
        "recipe": _snippet(layout),
    }
    print(f"{layout.title}\n\n{layout.tree}\n")
    for part, text in parts.items():
        if text:
            print(f"{part + ':':<11}{text}")


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

    from pipeline.cli.output import print_json
    from pipeline.datasets.check import check_data, data_config
    from pipeline.datasets.registry import find_layout
    from pipeline.labels import load_labels

    layout = find_layout(name)
    given = {"root": root, "split": split} | _options(option or [])
    config = data_config(layout, {key: value for key, value in given.items() if value is not None})
    source = _required("labels", labels or layout.label_set, "a shipped label set or a text file of class names")
    kind = _required("modality", modality or layout.modality, "video, image or audio")
    found = check_data(layout, config, kind, load_labels(source), workspace)
    if as_json:
        print_json({"layout": name, **asdict(found)})
    else:
        _print_check(layout, found)
    if not found.found:
        raise typer.Exit(1)


_LABELLING = {
    "single": "one class a file; files of classes that are not in the run are left out",
    "exhaustive": "several classes a file; a file that shows none of them counts as a negative of all",
    "open": "any number of classes a file; none means unknown",
}


def _described(layout: "Layout") -> dict[str, Any]:
    names = (
        "name", "title", "modality", "label_set", "labelling", "count", "tree", "download", "disk", "paper",
    )  # fmt: skip
    return {name: getattr(layout, name) for name in names} | {"options": layout.options(), "recipe": _snippet(layout)}


def _snippet(layout: "Layout") -> str:
    places = {"root": f"data/{layout.name}", "file": "media.csv", "annotations": "instances.json"}
    needed = [key for key, entry in layout.config.model_fields.items() if entry.is_required() and key != "layout"]
    return "data: {" + ", ".join([f"layout: {layout.name}", *(f"{key}: {places[key]}" for key in needed)]) + "}"


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


def _print_check(layout: "Layout", found: "Check") -> None:
    from pipeline.cli.output import print_table

    rows = [[c.label, f"{c.found:,}", f"{c.missing:,}"] for c in found.classes]
    print_table(["class", "found", "missing"], rows, layout.title)
    expected = f" of {found.expected:,} in the whole data set" if found.expected is not None else ""
    print(f"{found.found:,} files found{expected}, {found.missing:,} missing, {found.unlabelled:,} unlabelled")
    empty = [c.label for c in found.classes if not c.found]
    for title, lines in {
        "Classes without a file": [", ".join(empty)] if empty else [],
        "Names that are no class of the label set": [f"{name}: {count:,} files" for name, count in found.unknown],
        "Missing files": found.missing_files,
        "Samples that cannot be used": [f"{name}: {reason}" for name, reason in found.problems],
    }.items():
        if lines:
            print(f"{title}:")
            print("\n".join(f"  {line}" for line in lines[:_SHOWN]))
        if len(lines) > _SHOWN:
            print(f"  … {len(lines) - _SHOWN:,} more (--json has all)")


_SHOWN = 10


def _count(count: int | None) -> str:
    return "" if count is None else f"{count:,}"


def _plain(value: Any) -> str:
    return f"[{', '.join(map(str, value))}]" if isinstance(value, tuple) else str(value)
