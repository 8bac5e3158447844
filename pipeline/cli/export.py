"""`mmpt-pipeline export`: a run's classifier as one file that is read without this package, or its cached features."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import WorkspaceOption, on_this_machine

FEATURES = "features"


def export(
    run: Annotated[str, typer.Argument(help="A finished run: its recipe's name, or its folder.")],
    to: Annotated[str, typer.Option("--to", metavar="npz|safetensors|onnx|features", help="What is written.")] = "npz",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            callback=on_this_machine,
            help="Where it goes. Default: RUN.npz, RUN.safetensors or RUN.onnx; of features the folder RUN-features.",
        ),
    ] = None,
    method: Annotated[
        str | None, typer.Option(help="Another classifier than the published one: a rung of the ladder.")
    ] = None,
    modality: Annotated[
        str | None, typer.Option(help="The only one that goes in; a model of ONNX is of one. Default: all.")
    ] = None,
    with_encoder: Annotated[
        bool, typer.Option("--with-encoder", help="In ONNX: with the frozen encoder, from decoded media on.")
    ] = False,
    form: Annotated[
        str | None, typer.Option("--form", metavar="npy|parquet|safetensors", help="Of features. Default: npy.")
    ] = None,
    only: Annotated[
        str | None, typer.Option("--input", metavar="NAME", help="Of features: the only input that is written.")
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Write class vectors, names, temperature and thresholds of a run into one file; or its cached features.

    Example: mmpt-pipeline export pets --to safetensors --out pets.safetensors

    Example: mmpt-pipeline export pets --to onnx --with-encoder

    Example: mmpt-pipeline export pets --to features --form parquet --out features
    """
    place = workspace or Path("workspace")
    if to == FEATURES:
        _check(method=method, modality=modality, with_encoder=with_encoder)
        _export_features(run, form or "npy", out, only, place)
        return
    _check(form=form, input=only)
    from pipeline.api import load_classifier
    from pipeline.cli.output import say, size_text
    from pipeline.exports.export import exported
    from pipeline.exports.written import write_file

    found = load_classifier(run, workspace=place, method=method)
    content = exported(found.modalities, to, modality, with_encoder)
    path = out or Path(f"{found.name}.{to}")
    write_file(path, content)
    taken = {name: each for name, each in found.modalities.items() if modality in (None, name)}
    told = (f"{name}: {len(each.labels)} classes by '{each.name}'" for name, each in taken.items())
    say(*told, f"Written: {path.resolve()} ({size_text(len(content))})")


def _check(**given: object) -> None:
    """What is of the other kind of export is not silently left out."""
    for name, value in given.items():
        if value not in (None, False):
            kind = "features" if name in ("form", "input") else "a classifier"
            raise typer.BadParameter(
                f"--{name.replace('_', '-')} is of the export of {kind}; leave it out, or change --to."
            )


def _export_features(run: str, form: str, out: Path | None, only: str | None, workspace: Path) -> None:
    from pipeline.cli.output import print_table, say, size_text
    from pipeline.exports.features import export_features
    from pipeline.operations.of_run import open_run

    task, bound = open_run(run, workspace)
    folder = out or Path(f"{bound.recipe.name}-features")
    written = export_features(task, bound, form, folder, only)
    rows = [
        [each.name, f"{each.rows:,}", f"{each.lacking:,}" if each.lacking else "", " ".join(path.name for path in each.paths),
         size_text(sum(path.stat().st_size for path in each.paths))]
        for each in written
    ]  # fmt: skip
    print_table(["input", "rows", "unreadable", "files", "size"], rows, "Features")
    say(f"Written: {folder.resolve()}")
