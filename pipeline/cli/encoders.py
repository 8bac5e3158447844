"""`mmpt-pipeline encoders`: the frozen encoders that a recipe can name, those of other packages among them."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.options import JsonOption

if TYPE_CHECKING:
    from pipeline.encoders.cards import EncoderCard

_COLUMNS = ("name", "modality", "width", "licence", "package", "problem")

app = typer.Typer(help="List encoders, show what is known of one.", no_args_is_help=True)


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
    from pipeline.media.specs import spec_fields

    return {
        "encoder": card.name,
        "modality": card.modality,
        "width": card.dim,
        "family": card.family,
        "package": card.origin.package if card.origin else OWN_PACKAGE,
        "weights": f"{card.model}/{card.weights}" if card.model else card.weights,
        "digest": card.digest,
        "media": spec_fields(card.media) if card.media else None,
        "texts": card.texts if isinstance(card.texts, str) else card.texts.name,
        "templates": list(card.templates),
        "padding": card.padding,
        "cleaning": card.cleaning,
        "score": asdict(card.score),
        "licence": card.licence or "not known here; see its publisher's page",
    }
