"""`mmpt-pipeline texts`: sentences that somebody else wrote come in, and those of a run go out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.options import JsonOption, WorkspaceOption, on_this_machine, open_bound
from pipeline.cli.text_batches import app as batches
from pipeline.cli.text_templates import templates

if TYPE_CHECKING:
    from pipeline.text.summary import GenerateSummary
    from stores import Artifact

app = typer.Typer(help="Import sentences from files, export those of a run.", no_args_is_help=True)

_SHOWN = 20
ModalityOption = Annotated[str, typer.Option("--modality", "-m", help="image, audio, video or text.")]
FormatOption = Annotated[
    str,
    typer.Option("--format", "-f", help="taam, cupl, jsonl, csv or parquet. Default: what the file's name tells."),
]


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="The file of sentences with their labels.")],
    modality: ModalityOption = "image",
    workspace: Annotated[
        Path, typer.Option("--workspace", "-w", envvar="MMPT_WORKSPACE", help="Folder of the artifacts.")
    ] = Path("workspace"),
    format: FormatOption = "auto",
    filters: Annotated[
        bool, typer.Option("--filters", help="Keep only what would be kept if a model had written it.")
    ] = False,
    find: Annotated[
        str | None,
        typer.Option(help="Class names to look for in the sentences: a shipped label set or a text file."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Read a file of sentences into a workspace, and list the lines that cannot be used.

    A recipe that names the file under generate.imports uses the sentences in place of generated ones.

    Example: mmpt-pipeline texts import captions.jsonl --modality image
    """
    from dataclasses import asdict

    from pipeline.cli.output import print_json
    from pipeline.telemetry.progress import Progress
    from pipeline.text.imported import import_texts
    from stores import Store

    store, config = Store(workspace), _config(file, modality, format, filters, find)
    summary = import_texts(store, config, modality, None, Progress.on_stderr())
    artifact = store.find(summary.artifact)
    if as_json:
        rejected = sorted(artifact.rejected(), key=lambda rejection: int(rejection.detail["line"]))
        lines = [{"line": int(r.detail["line"]), "reason": r.reason, "text": r.detail["text"]} for r in rejected]
        print_json(asdict(summary) | {"rejected_lines": lines})
    else:
        _tell(summary, artifact, workspace)
        print(_snippet(file, modality, format, filters, find))


@app.command()
def export(
    recipe: Annotated[str, typer.Argument(help="A recipe file, or a shipped recipe's name.")],
    out: Annotated[Path, typer.Argument(callback=on_this_machine, help="The file to write.")],
    modality: ModalityOption = "image",
    workspace: WorkspaceOption = None,
    format: FormatOption = "auto",
    spreadsheet: Annotated[
        bool, typer.Option("--spreadsheet", help="In CSV, quote what a spreadsheet would take for a formula.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write the sentences that a recipe learns from into a file.

    Example: mmpt-pipeline texts export recipe.yaml sentences.txt --modality image
    """
    from pipeline.cli.output import say
    from pipeline.tasks.registry import task_of
    from pipeline.text.errors import TextError
    from pipeline.text.files import file_format, write_records

    chosen = _known_format(format)
    if out.exists() and not force:
        raise TextError(f"texts: {out} is there already; give --force to replace it, or another name")
    bound = open_bound(recipe, workspace)
    found = task_of(bound.recipe).written(bound)
    if not found:
        raise TextError(f"texts: {recipe} learns from files, not from sentences; there is nothing to write")
    if modality not in found:
        raise TextError(f"texts: {recipe} has no modality '{modality}'; it has {', '.join(found)}")
    sentences = found[modality]
    if not sentences:
        raise TextError(
            f"texts: there are no {modality} sentences yet. Write them: mmpt-pipeline generate-texts {recipe}"
        )
    write_records(out, [(each.text, each.labels) for each in sentences], file_format(out, chosen), spreadsheet)
    say(f"Wrote {len(sentences):,} {modality} sentences to {out}")


app.command("templates")(templates)
app.add_typer(batches, name="batch")


def _config(  # type: ignore[no-untyped-def]
    file: Path, modality: str, format: str, filters: bool, find: str | None
):
    from pipeline.text.config import GenerateConfig
    from pipeline.text.errors import TextError
    from pipeline.text.template import MOST_LABELS

    if modality not in MOST_LABELS:
        raise TextError(f"texts: '{modality}' is no modality; there are {', '.join(MOST_LABELS)}")
    imports = {"files": {modality: file}, "format": _known_format(format), "filters": filters}
    imports |= {"find": {modality: find}} if find else {}
    return GenerateConfig.model_validate({"engine": "import", "imports": imports})


def _known_format(format: str) -> str:
    from pipeline.text.errors import TextError
    from pipeline.text.settings import FORMATS

    if format not in ("auto", *FORMATS):
        raise TextError(
            f"texts: '{format}' is no format; there are {', '.join(FORMATS)}, and auto, which goes by the name"
        )
    return format


def _tell(summary: "GenerateSummary", artifact: "Artifact", workspace: Path) -> None:
    from pipeline.cli.output import print_table, say

    rejected = sorted(artifact.rejected(), key=lambda rejection: int(rejection.detail["line"]))
    sentences = sum(shard.rows for shard in artifact.manifest.shards)
    counts = f"{sentences:,} sentences of {len(summary.classes):,} classes"
    say(f"{counts} in {artifact.spec.name}, {summary.accepted:,} of them new")
    if rejected:
        rows = [[row.detail["line"], row.reason, row.detail["text"]] for row in rejected[:_SHOWN]]
        print_table(["line", "reason", "what stands there"], rows, f"{len(rejected):,} lines cannot be used")
    if len(rejected) > _SHOWN:
        say(f"All of them: mmpt-pipeline store show {artifact.spec.fingerprint[:12]} --rejected -w {workspace}")


def _snippet(file: Path, modality: str, format: str, filters: bool, find: str | None) -> str:
    more = ("" if format == "auto" else f"\n    format: {format}") + ("\n    filters: true" if filters else "")
    more += f"\n    find: {{{modality}: {find}}}" if find else ""
    return f"In a recipe:\ngenerate:\n  engine: import\n  imports:\n    files: {{{modality}: {file}}}{more}"
