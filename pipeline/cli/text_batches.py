"""`mmpt-pipeline texts batch`: queries in files, for servers' interfaces of batches and for tools that read such files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.options import JsonOption, RecipeArgument, WorkspaceOption, meant_recipe, on_this_machine, open_bound
from pipeline.cli.text_batch_pages import queries_told

if TYPE_CHECKING:
    from pipeline.text.batch.book import Part

app = typer.Typer(
    help="Ask a server in batch files, at half the price: write, submit, collect, and again.", no_args_is_help=True
)


@app.command()
def write(
    recipe: RecipeArgument = None,
    to: Annotated[
        Path, typer.Option("--to", metavar="FOLDER", callback=on_this_machine, help="Where the files go.")
    ] = Path("batches"),
    lines: Annotated[
        int, typer.Option("--lines", min=1, help="Lines of a file at most; servers take 50,000.")
    ] = 50_000,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write what generate-texts would ask next into files.

    Then: texts batch submit; or run the files elsewhere, and give the output to texts batch collect --from.

    Example: mmpt-pipeline texts batch write recipe.yaml --to batches
    """
    from pipeline.cli.output import print_json, say
    from pipeline.text.batch.write import write_batch
    from pipeline.text.errors import TextError

    bound = _opened(recipe, workspace)
    config, name = bound.recipe.generate, meant_recipe(recipe)
    found = [write_batch(bound.store, config, m, labels, to, lines) for m, labels in bound.labels.items()]
    written, out = [p for each in found for p in each.parts], [p for each in found for p in each.out]
    if out and not written:
        raise TextError(
            f"texts batch: out already are {_lines(out)} in {', '.join(part.path for part in out)}; nothing is asked twice. "
            f"Submit them: mmpt-pipeline texts batch submit {name}; take in their answers: mmpt-pipeline texts batch collect "
            f"{name}; or take the files back: mmpt-pipeline texts batch cancel {name}"
        )
    if as_json:
        print_json({"files": [_values(part) for part in written], "out": [_values(part) for part in out]})
        return
    for part in written:
        say(f"Wrote {queries_told(len(part.asked))} to {part.path}")
    for part in out:
        say(f"Out already: {queries_told(len(part.asked))} in {part.path}")
    if written:
        say(f"Next: mmpt-pipeline texts batch submit {name}",
            f"  or run the files elsewhere, and: mmpt-pipeline texts batch collect {name} --from OUTPUT.jsonl")  # fmt: skip
    else:
        say("Nothing to ask: every class has its sentences, or its rounds are used up.")


@app.command()
def submit(recipe: RecipeArgument = None, workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Hand the files that are out to the server of the recipe.

    What was submitted is not submitted again; a killed submit looks first for what it had started.

    Example: mmpt-pipeline texts batch submit recipe.yaml
    """
    from pipeline.cli.output import print_json, say
    from pipeline.text.batch.send import submit_batch
    from pipeline.text.batch.server import BatchServer
    from pipeline.text.batch.write import check_engine

    bound = _opened(recipe, workspace)
    config, name = bound.recipe.generate, meant_recipe(recipe)
    check_engine(config)
    server = BatchServer(config.server)
    parts = [part for modality in bound.labels for part in submit_batch(bound.store, config, modality, server)]
    if as_json:
        print_json({"submitted": [_values(part) for part in parts]})
        return
    for part in parts:
        say(f"Submitted {part.name} ({queries_told(len(part.asked))}) to {part.server} as {part.batch_id}")
    if not parts:
        say(
            f"Nothing to submit: no file is out that the server has not. Write some: mmpt-pipeline texts batch write {name}"
        )
    else:
        say(f"Later: mmpt-pipeline texts batch collect {name}")


@app.command()
def collect(
    recipe: RecipeArgument = None,
    files: Annotated[
        list[Path] | None,
        typer.Option(
            "--from", metavar="FILE", help="An output file of a tool that ran the files elsewhere; again for more."
        ),
    ] = None,
    give_up: Annotated[
        bool, typer.Option("--give-up", help="Let queries that failed count as answered, without a sentence.")
    ] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take in answers, and publish the sentences that can be kept.

    Without --from the server is asked how far its batches are. Queries that failed are asked again by the next write.

    Example: mmpt-pipeline texts batch collect recipe.yaml
    """
    from pipeline.cli.text_batch_pages import show_collected, take_in

    bound = _opened(recipe, workspace)
    show_collected(take_in(bound, files or [], give_up), meant_recipe(recipe), as_json)


@app.command()
def cancel(
    recipe: RecipeArgument = None,
    forget: Annotated[bool, typer.Option("--forget", help="Tell the server nothing, and forget what it has.")] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take files back that were not submitted, and have the server end the others.

    What a batch has answered before its end is taken in by collect.

    Example: mmpt-pipeline texts batch cancel recipe.yaml
    """
    from pipeline.cli.output import print_json, say
    from pipeline.text.batch.send import cancel_batch
    from pipeline.text.batch.server import BatchServer
    from pipeline.text.batch.write import check_engine

    bound = _opened(recipe, workspace)
    config = bound.recipe.generate
    check_engine(config)
    server = None if forget else BatchServer(config.server)
    found = [cancel_batch(bound.store, config, modality, server) for modality in bound.labels]
    ending, back = [p for each in found for p in each[0]], [p for each in found for p in each[1]]
    if as_json:
        print_json({"ending": [_values(part) for part in ending], "back": [_values(part) for part in back]})
        return
    for part in back:
        say(f"Taken back: {part.name} ({queries_told(len(part.asked))})")
    for part in ending:
        say(f"The server was asked to end {part.batch_id} ({part.name}). Take in what it answered: "
            f"mmpt-pipeline texts batch collect {meant_recipe(recipe)}")  # fmt: skip
    if not found or not (ending or back):
        say("Nothing is out.")


def _opened(recipe: str | None, workspace: Path | None) -> Any:
    from pipeline.text.errors import TextError

    bound = open_bound(recipe, workspace)
    if not hasattr(bound.recipe, "generate"):
        raise TextError(
            f"texts batch: recipe '{bound.recipe.name}' has no sentences to write. Give one that has 'modalities'"
        )
    return bound


def _lines(parts: "list[Part]") -> str:
    return queries_told(sum(len(part.asked) for part in parts))


def _values(part: "Part") -> dict[str, Any]:
    return {"file": part.path, "queries": len(part.asked), "server": part.server, "batch": part.batch_id}
