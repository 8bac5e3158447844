"""`mmpt-pipeline export`: a run's classifier as one file that is read without this package."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import WorkspaceOption


def export(
    run: Annotated[str, typer.Argument(help="A finished run: its recipe's name, or its folder.")],
    to: Annotated[str, typer.Option("--to", metavar="npz|safetensors|onnx", help="The kind of file.")] = "npz",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="FILE", help="Where it goes. Default: RUN.npz, RUN.safetensors or RUN.onnx."
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
    workspace: WorkspaceOption = None,
) -> None:
    """Write class vectors, names, temperature and thresholds of a run into one file.

    Example: mmpt-pipeline export pets --to safetensors --out pets.safetensors

    Example: mmpt-pipeline export pets --to onnx --with-encoder
    """
    from pipeline.api import load_classifier
    from pipeline.cli.output import say, size_text
    from pipeline.exports.export import exported
    from stores.commit import replace_bytes

    found = load_classifier(run, workspace=workspace or "workspace", method=method)
    content = exported(found.modalities, to, modality, with_encoder)
    path = out or Path(f"{found.name}.{to}")
    replace_bytes(path, content)
    taken = {name: each for name, each in found.modalities.items() if modality in (None, name)}
    told = (f"{name}: {len(each.labels)} classes by '{each.name}'" for name, each in taken.items())
    say(*told, f"Written: {path.resolve()} ({size_text(len(content))})")
