"""`mmpt-pipeline encoders`: the frozen encoders that a recipe can name, those of other packages among them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.options import DeviceOption, JsonOption

if TYPE_CHECKING:
    from pipeline.encoders.cards import EncoderCard

_COLUMNS = ("name", "modality", "width", "licence", "package", "problem")

app = typer.Typer(help="List encoders, show what is known of one, try one.", no_args_is_help=True)


@app.command("ls")
def ls(as_json: JsonOption = False) -> None:
    """List the encoders that recipes can name: ours, and those that installed packages add.

    Example: mmpt-pipeline encoders ls
    """
    from pipeline.cli.output import print_json, print_table
    from pipeline.encoders.cards import card_forms, card_names, taken_names

    rows = [_row(name) for name in card_names()]
    if as_json:
        print_json({"encoders": rows, "forms": card_forms(), "taken": taken_names()})
        return
    cells = [[str(row[column] or "-") for column in _COLUMNS] for row in rows]
    print_table(["encoder", "modality", "width", "licence", "package", "problem"], cells)
    for name, packages in taken_names().items():
        print(f"{name} is also added by {' and '.join(packages)}; the name stays with what ships here.")
    print(f"And with a path, tag or hub id of yours: {', '.join(card_forms())}")
    print("What each needs is in docs/encoders.md.")


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A name of `encoders ls`, or one with a path, tag or hub id.")],
    as_json: JsonOption = False,
) -> None:
    """Show what is known of an encoder without loading it.

    Example: mmpt-pipeline encoders show clip-vit-b32-laion2b
    """
    from pipeline.cli.output import print_json
    from pipeline.encoders.cards import card

    values = _described(card(name))
    if as_json:
        print_json(values)
        return
    for key, value in values.items():
        shown = ", ".join(f"{k}: {v}" for k, v in value.items()) if isinstance(value, dict) else value
        print(f"{key + ':':<11}{'; '.join(value) if isinstance(value, list) else shown}")


@app.command()
def check(
    name: Annotated[str, typer.Argument(help="A name of `encoders ls`, or one with a path, tag or hub id.")],
    media: Annotated[
        Path | None, typer.Option(help="Folder of files, class_name/…: how well the encoder tells them apart by names.")
    ] = None,
    labels: Annotated[
        str | None, typer.Option(help="Text file of class names, or a shipped label set. Default: the folders' names.")
    ] = None,
    files: Annotated[int, typer.Option(min=1, help="Most files that are judged.")] = 200,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Load an encoder and try it: whether its towers keep their promises, how fast it is here, how well names separate.

    Example: mmpt-pipeline encoders check conse-efficientnet-lite0 --media photos
    """
    from pipeline.cli.encoder_pages import check_values, print_check
    from pipeline.cli.output import print_json
    from pipeline.datasets.folder import class_folders
    from pipeline.encoders.cards import card, text_card
    from pipeline.labels import load_labels
    from pipeline.operations.encoder_check import check_encoder
    from pipeline.operations.encoder_names import separation

    found = card(name)
    names: list[str] = []
    if media is not None:  # whatever is wrong with these is told before anything is loaded
        text_card(found)
        names = load_labels(labels) if labels else load_labels([folder.name for folder in class_folders(media)])
    checked, encoder = check_encoder(found, device)
    separated = None if media is None else separation(found, encoder, media, names, files)
    if as_json:
        print_json(check_values(checked, separated))
    else:
        print_check(checked, separated)
    if checked.problems:
        raise typer.Exit(1)


def _row(name: str) -> dict[str, Any]:
    """One line of the list. An encoder that cannot be described has a problem instead of sizes."""
    from pipeline.encoders.cards import card, packages_of
    from stores.errors import MmptError

    row: dict[str, Any] = {**dict.fromkeys(_COLUMNS), "name": name, "package": " and ".join(packages_of(name))}
    try:
        found = card(name)
    except MmptError as error:
        return {**row, "problem": str(error)}
    return {**row, "modality": found.modality, "width": found.dim, "licence": found.licence or None}


def _described(card: "EncoderCard") -> dict[str, Any]:
    from dataclasses import asdict

    from pipeline.encoders.cards import OWN_PACKAGE

    return {
        "encoder": card.name,
        "modality": card.modality,
        "width": card.dim,
        "family": card.family,
        "package": card.origin.package if card.origin else OWN_PACKAGE,
        "weights": f"{card.model}/{card.weights}" if card.model else card.weights,
        "digest": card.digest,
        "media": asdict(card.media) if card.media else None,
        "texts": card.texts if isinstance(card.texts, str) else card.texts.name,
        "templates": list(card.templates),
        "padding": card.padding,
        "cleaning": card.cleaning,
        "context": card.context or "known when it is loaded",
        "score": asdict(card.score),
        "licence": card.licence or "not known here; see its publisher's page",
    }
