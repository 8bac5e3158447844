"""`mmpt-pipeline weights`: the files of the networks that a recipe needs, before it costs."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.options import JsonOption, WorkspaceOption, open_bound

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.operations.weights import WeightsFile

app = typer.Typer(help="List the files of the networks that a recipe needs, and fetch them.", no_args_is_help=True)
RecipeName = Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe file, or a shipped recipe's name.")]


@app.command("ls")
def ls(
    recipe: RecipeName,
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask the hub; tell what its cache has.")] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """List files with their sizes and digests, and whether they are here.

    Example: mmpt-pipeline weights ls copl/ave
    """
    from pipeline.cli.output import print_json, print_table, say
    from pipeline.operations.weights import to_fetch

    files = _listed(recipe, workspace, not offline)
    if as_json:
        print_json([_values(file) for file in files])
        return
    print_table(["network", "file", "size", "sha256", "where"], [_row(file) for file in files])
    lacking = to_fetch(files)
    if not lacking:
        say("All of them are here.")
        return
    say(f"To fetch: {_amount(lacking, offline)}. Fetch them: mmpt-pipeline weights fetch {recipe}")


@app.command()
def fetch(recipe: RecipeName, workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Fetch what is not here into the cache of the hub.

    Killed, it goes on where it was. Digests are compared.

    Example: mmpt-pipeline weights fetch copl/ave
    """
    from pipeline.cli.output import print_json, say, size_text
    from pipeline.operations.weights import WeightsError, fetched, to_fetch

    files = _listed(recipe, workspace, True)
    lacking = to_fetch(files)
    if unknown := sorted({file.repo for file in lacking if file.size is None and file.file == "?"}):
        raise WeightsError(
            f"weights: the hub cannot be asked for {', '.join(unknown)}. Type the command where there is a network, copy "
            "~/.cache/huggingface/hub from there, or name folders in the recipe (docs/encoders.md)"
        )
    done = []
    for number, file in enumerate(lacking, start=1):
        if not as_json:
            say(f"{number} of {len(lacking)}: {file.repo} {file.file} ({_size(file)})")
        done.append(fetched(file))
    if as_json:
        print_json([_values(file) for file in done])
        return
    total = size_text(sum(file.size or 0 for file in done))
    say(f"{len(done)} files fetched, {total}." if done else "All of them are here.")


def _listed(recipe: str, workspace: "Path | None", ask: bool) -> "list[WeightsFile]":
    from pipeline.operations.weights import listed, networks
    from pipeline.tasks.registry import task_of

    bound = open_bound(recipe, workspace, "cpu", draws=False)
    return [file for network in networks(task_of(bound.recipe), bound) for file in listed(network, ask)]


def _amount(lacking: "list[WeightsFile]", offline: bool) -> str:
    """How much is to be fetched; where the hub did not tell, what of it is known."""
    from pipeline.cli.output import size_text

    known = size_text(sum(file.size or 0 for file in lacking))
    if all(file.size is not None for file in lacking):
        return known
    why = "the hub was not asked" if offline else "the hub could not be asked"
    return f"{known} at least, for {why}" if any(file.size for file in lacking) else f"nobody knows how much, for {why}"


def _row(file: "WeightsFile") -> list[str]:
    if file.here is None:
        where = f"to fetch from {file.repo}"
    else:
        where = f"here, of {file.repo}" if file.repo else f"here, in {file.here.parent}"
    return [
        file.what,
        file.here.name if file.here and not file.repo else file.file,
        _size(file),
        file.sha256[:12] or "-",
        where,
    ]


def _size(file: "WeightsFile") -> str:
    from pipeline.cli.output import size_text

    return "?" if file.size is None else size_text(file.size)


def _values(file: "WeightsFile") -> dict[str, Any]:
    return {**vars(file), "here": None if file.here is None else str(file.here)}
