"""`mmpt-pipeline recipes`: the recipes that ship with the package, and new ones for own data."""

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli.options import JsonOption, on_this_machine

app = typer.Typer(help="List recipes, show one, write your own.", no_args_is_help=True)


@app.command("ls")
def ls(as_json: JsonOption = False) -> None:
    """List the shipped recipes.

    Example: mmpt-pipeline recipes ls
    """
    from pipeline.cli.output import print_json, print_table
    from pipeline.tasks.load import recipe_text, shipped_recipes

    texts = {name: recipe_text(name) for name in shipped_recipes()}
    rows = [{"name": name, "about": _first_line(text)} for name, text in texts.items()]
    if as_json:
        print_json(rows)
    else:
        print_table(["recipe", "about"], [[row["name"], row["about"]] for row in rows])


@app.command()
def show(name: Annotated[str, typer.Argument(help="A shipped recipe.")]) -> None:
    """Print a shipped recipe, to be copied and changed.

    Example: mmpt-pipeline recipes show miniature > my-recipe.yaml
    """
    from pipeline.tasks.load import load_recipe, recipe_text, shipped_name, shipped_recipes

    shipped = shipped_name(name)
    if shipped is None:
        load_recipe(name)  # which tells the nearest name; a file is no business of this command
        raise typer.BadParameter(f"{name} is a file of yours; the shipped ones are {', '.join(shipped_recipes())}")
    print(recipe_text(shipped), end="")  # as it is: its data and weights may not be there yet


@app.command()
def new(
    images: Annotated[Path | None, typer.Option(help="Folder of images: class_name/…, or a flat folder.")] = None,
    sounds: Annotated[Path | None, typer.Option(help="Folder of sounds: class_name/…, or a flat folder.")] = None,
    videos: Annotated[Path | None, typer.Option(help="Folder of videos: class_name/…, or a flat folder.")] = None,
    texts: Annotated[
        Path | None, typer.Option(help="Table of texts, text[,labels] as CSV or Parquet, or a folder like the others.")
    ] = None,
    events: Annotated[
        Path | None,
        typer.Option(
            help="With --videos: table of events, file,label,start_s,end_s as CSV, or a folder of Audacity's label tracks."
        ),
    ] = None,
    masks: Annotated[
        Path | None,
        typer.Option(
            help="With --videos: a folder with a folder of masks for each clip, masks/a/0003.png of clips/a.mp4."
        ),
    ] = None,
    questions: Annotated[
        Path | None,
        typer.Option(help="With --videos: table of questions, file,question,answer (and kind and split) as CSV."),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(
            help="Text file of class names, a shipped label set, or names: cat,dog. Default: what folder or table tells. "
            "Alone, it makes a recipe that is judged on nothing."
        ),
    ] = None,
    use: Annotated[
        str | None,
        typer.Option(
            help="With --videos: motion, sound or motion,sound, to be read beside frames; learns from labelled clips."
        ),
    ] = None,
    encoder: Annotated[str | None, typer.Option(help="Default: the miniature encoder of the modality.")] = None,
    model: Annotated[
        str,
        typer.Option(
            help="LLM: miniature-llama, a folder, or a hub id; beside a real encoder sentences by hand stand for the first."
        ),
    ] = "miniature-llama",
    out: Annotated[
        Path, typer.Option("--out", "-o", callback=on_this_machine, help="Where to write the recipe.")
    ] = Path("recipe.yaml"),
    name: Annotated[str | None, typer.Option(help="Name of the run. Default: the folder's.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write a commented recipe for your own images, sounds, videos or texts, or for class names alone.

    The class names go into a label file beside it, for `classes add`.

    Example: mmpt-pipeline recipes new --images photos --labels names.txt --encoder miniature-clip

    Example: mmpt-pipeline recipes new --videos clips --events events.csv

    Example: mmpt-pipeline recipes new --videos clips --masks masks

    Example: mmpt-pipeline recipes new --videos clips --questions qa.csv

    Example: mmpt-pipeline recipes new --videos clips --use motion,sound
    """
    from pipeline.cli.output import say
    from pipeline.tasks.sentences.new import new_recipe

    of_clips = {"events": events, "masks": masks, "questions": questions}
    known = {what: path for what, path in of_clips.items() if path is not None}
    if known:
        _new_of_clips(videos, known, encoder, name, out, force, (images, sounds, texts, labels, use))
        return
    if use is not None:
        _new_open_video(videos, use, labels, encoder, name, out, force, (images, sounds, texts))
        return
    roots = {"image": images, "audio": sounds, "video": videos, "text": texts}
    given = {modality: root for modality, root in roots.items() if root is not None}
    written = new_recipe(given, labels=labels, encoder=encoder, model=model, name=name, out=out, force=force)
    say(f"Wrote {' and '.join(map(str, written))}. Run it with: mmpt-pipeline run {shlex.quote(str(out))}")
    if not given:
        say("It is judged on nothing: no file tells how good it is until the recipe names some (see its first lines).")


def _new_of_clips(
    videos: Path | None, known: dict[str, Path], encoder: str | None, name: str | None, out: Path, force: bool,
    others: tuple,
) -> None:  # fmt: skip
    """A recipe of clips of which something is known: what happens when, what sounds where, or answers to questions."""
    from pipeline.cli.output import say
    from pipeline.tasks.av_events.new import new_events_recipe
    from pipeline.tasks.av_masks.new import new_masks_recipe
    from pipeline.tasks.av_questions.new import new_questions_recipe

    (what, path), *more = known.items()
    if videos is None or more or any(other is not None for other in others):
        raise typer.BadParameter(f"--{what} is of clips: give --videos FOLDER beside it, and none of the others.")
    write = {"events": new_events_recipe, "masks": new_masks_recipe, "questions": new_questions_recipe}[what]
    written = write(videos, path, encoder=encoder, name=name, out=out, force=force)
    say(f"Wrote {' and '.join(map(str, written))}. Run it with: mmpt-pipeline run {shlex.quote(str(out))}")


def _new_open_video(
    videos: Path | None, use: str, labels: str | None, encoder: str | None, name: str | None, out: Path, force: bool,
    others: tuple,
) -> None:  # fmt: skip
    from pipeline.cli.output import say
    from pipeline.tasks.open_video.new import new_open_video_recipe

    if videos is None or any(other is not None for other in others):
        raise typer.BadParameter("--use is of clips: give --videos FOLDER beside it, and none of the others.")
    uses = [each.strip() for each in use.split(",") if each.strip()]
    written = new_open_video_recipe(videos, labels, uses, encoder=encoder, name=name, out=out, force=force)
    say(f"Wrote {' and '.join(map(str, written))}. Run it with: mmpt-pipeline run {shlex.quote(str(out))}")


def _first_line(text: str) -> str:
    return text.splitlines()[0].lstrip("# ")


@app.command("schema")
def schema() -> None:
    """Print the JSON schema of recipes, for an editor.

    Example: mmpt-pipeline recipes schema > recipe.schema.json
    """
    from pipeline.cli.output import print_json

    print_json(_schema())


@app.command("options")
def options() -> None:
    """Print every option of every recipe with its type, default and meaning, as Markdown.

    Example: mmpt-pipeline recipes options | less
    """
    from pipeline.recipe.reference import options_page

    print(options_page(_schema()), end="")


def _schema() -> dict[str, Any]:
    from pipeline.recipe.schema import recipe_schema
    from pipeline.tasks.registry import tasks

    return recipe_schema({name: task.recipe for name, task in tasks().items()})
