"""`mmpt-pipeline store`: look into a workspace, check it, clean it."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from stores import Artifact

app = typer.Typer(name="store", help="Look into a workspace, check it, clean it.", no_args_is_help=True)

Workspace = Annotated[
    str, typer.Option("--workspace", "-w", envvar="MMPT_WORKSPACE", help="Folder that holds the artifacts.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
DEFAULT_WORKSPACE = "./workspace"


@app.command("ls")
def list_artifacts(
    workspace: Workspace = DEFAULT_WORKSPACE,
    kind: Annotated[str | None, typer.Option(help='Only this kind, e.g. "features".')] = None,
    as_json: AsJson = False,
) -> None:
    """List the artifacts of a workspace.

    Example: mmpt-pipeline store ls --kind features -w ./workspace
    """
    from stores import Store

    rows = [_summary(artifact) for artifact in Store(workspace).artifacts(kind)]
    if as_json:
        _print_json(rows)
        return
    columns = ["kind", "fingerprint", "rows", "rejected", "size", "fields"]
    cells = [
        [
            row["kind"],
            row["fingerprint"][:12],
            f"{row['rows']:,}",
            f"{row['rejected']:,}",
            _size(row["size"]),
            _brief(row["fields"]),
        ]
        for row in rows
    ]
    _print_table(columns, cells, f"{len(rows)} artifacts in {workspace}")


@app.command()
def show(
    fingerprint: Annotated[str, typer.Argument(help='Start of a fingerprint, or "kind/start".')],
    workspace: Workspace = DEFAULT_WORKSPACE,
    rejected: Annotated[
        bool, typer.Option("--rejected", help="List the rejected rows with their reasons instead.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what an artifact is, what it holds, and what it is made from.

    Example: mmpt-pipeline store show 3f9a -w ./workspace
    """
    from stores import Store

    store = Store(workspace)
    artifact = store.find(fingerprint)
    if rejected:
        _show_rejected(artifact, as_json)
        return
    summary = _summary(artifact) | _details(artifact)
    others = {other.spec.fingerprint: other.spec.name for other in store.artifacts()}
    if as_json:
        _print_json(summary)
        return
    shown = summary | {
        "rows": f"{summary['rows']:,} in {len(artifact.manifest.shards)} shards",
        "size": _size(summary["size"]),
        "fields": json.dumps(summary["fields"], indent=1, ensure_ascii=False),
        "parents": _lines(others.get(parent, f"{parent} (not here)") for parent in summary["parents"]),
        "layout": _lines(f"{name}: {kind}" for name, kind in summary["layout"].items()),
        "reasons": _lines(f"{count:,} × {reason}" for reason, count in summary["reasons"].items()),
        "notes": _lines(f"{name}: {value:g}" for name, value in summary["notes"].items()),
    }
    _print_table(["", artifact.spec.name], [[name, str(value)] for name, value in shown.items()])


@app.command()
def verify(
    fingerprint: Annotated[
        str | None, typer.Argument(help='Start of a fingerprint, or "kind/start"; all artifacts without it.')
    ] = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
    repair: Annotated[
        bool, typer.Option("--repair", help="Drop bad shards, so that their rows are missing again.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check every byte against the manifests; leave with status 1 if something bad is left.

    Example: mmpt-pipeline store verify --repair -w ./workspace
    """
    from dataclasses import asdict

    from stores import Store

    found = Store(workspace).verify(fingerprint, repair)
    rows = [{"artifact": name} | asdict(problem) for name, problems in found.items() for problem in problems]
    left = [row for row in rows if not repair or row["kind"] == "manifest"]
    if as_json:
        _print_json({"checked": sorted(found), "problems": rows, "repaired": len(rows) - len(left)})
    else:
        cells = [[_short(row["artifact"]), row["file"], row["found"], f"{row['rows']:,}"] for row in rows]
        _print_table(["artifact", "file", "what is wrong", "rows"], cells, _verdict(len(found), rows, left))
    if left:
        raise typer.Exit(1)


@app.command()
def gc(
    workspace: Workspace = DEFAULT_WORKSPACE,
    yes: Annotated[bool, typer.Option("--yes/--dry-run", help="Delete, or only say what would be.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove what no run needs, and what killed runs left.

    Runs, and everything they are made from, are kept. Without a run, every artifact is.

    Use it while nothing else works in the workspace.

    Example: mmpt-pipeline store gc --yes -w ./workspace
    """
    from pathlib import Path

    from pipeline.runs import roots
    from stores import Store

    store = Store(workspace)
    names = {artifact.spec.fingerprint for artifact in store.artifacts()}
    removals = store.gc(roots(Path(workspace)) & names or names, delete=yes)
    if as_json:
        rows = [{"path": str(item.path), "reason": item.reason, "size": item.size} for item in removals]
        _print_json({"deleted": yes, "removals": rows})
        return
    total = _size(sum(item.size for item in removals))
    done = f"{total} deleted" if yes else f"{total} to delete; add --yes to do it"
    _print_table(
        ["path", "why", "size"],
        [[str(item.path), item.reason, _size(item.size)] for item in removals],
        done if removals else "nothing to delete",
    )


def _summary(artifact: "Artifact") -> dict[str, Any]:
    manifest = artifact.manifest
    return artifact.spec.as_json() | {
        "fingerprint": artifact.spec.fingerprint,
        "rows": manifest.rows,
        "rejected": len(artifact.rejected()),
        "size": manifest.size,
    }


def _details(artifact: "Artifact") -> dict[str, Any]:
    from collections import Counter

    reasons = Counter(row.reason for row in artifact.rejected())
    return {
        "path": str(artifact.path),
        "layout": dict(artifact.manifest.layout),
        "reasons": dict(reasons.most_common()),
        "notes": dict(artifact.manifest.notes),
    }


def _show_rejected(artifact: "Artifact", as_json: bool) -> None:
    rows = artifact.rejected()
    if as_json:
        _print_json([{"key": row.key, "reason": row.reason, **row.detail} for row in rows])
        return
    cells = [[row.key[:12], row.reason, _lines(f"{k}: {v}" for k, v in row.detail.items())] for row in rows]
    _print_table(["key", "reason", "detail"], cells, f"{len(rows)} rows of {artifact.spec.name} were rejected")


def _verdict(checked: int, rows: list[dict[str, Any]], left: list[dict[str, Any]]) -> str:
    if not rows:
        return f"{checked} artifacts checked, all sound"
    if any(row["kind"] == "manifest" for row in left):
        return f"{len(rows)} problems, {len(rows) - len(left)} repaired; a manifest cannot be repaired"
    if left:
        return f"{len(rows)} problems; add --repair to drop what is bad, then run the stages again"
    return f"{len(rows)} problems repaired; run the stages again to make the rows that are missing now"


def _short(name: str) -> str:
    kind, _, fingerprint = name.partition("/")
    return f"{kind}/{fingerprint[:12]}"


def _brief(fields: dict[str, Any]) -> str:
    """Return the fields that fit in a table's cell: plain values only."""
    return " ".join(f"{name}={value}" for name, value in fields.items() if not isinstance(value, dict | list))


def _lines(items: Any) -> str:
    return "\n".join(items) or "none"


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def _print_table(columns: list[str], rows: list[list[str]], caption: str = "") -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if rows:
        table = Table(box=SIMPLE_HEAD)
        for name in columns:
            table.add_column(name, overflow="fold")
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))  # as Text: brackets in a path are no markup
        console.print(table)
    if caption:
        console.print(Text(caption))
