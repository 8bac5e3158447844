"""`mmpt-pipeline store`: look into a workspace, check it, clean it."""

import json
from typing import Annotated

import typer

from pipeline.cli.output import print_json, size_text
from pipeline.cli.store_pages import brief, details_of, lines, print_table, short, show_rejected, summary_of, verdict

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

    rows = [summary_of(artifact) for artifact in Store(workspace).artifacts(kind)]
    if as_json:
        print_json(rows)
        return
    columns = ["kind", "fingerprint", "rows", "rejected", "size", "fields"]
    cells = [
        [
            row["kind"],
            row["fingerprint"][:12],
            f"{row['rows']:,}",
            f"{row['rejected']:,}",
            size_text(row["size"]),
            brief(row["fields"]),
        ]
        for row in rows
    ]
    print_table(columns, cells, f"{len(rows)} artifacts in {workspace}")


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
        show_rejected(artifact, as_json)
        return
    summary = summary_of(artifact) | details_of(artifact)
    others = {other.spec.fingerprint: other.spec.name for other in store.artifacts()}
    if as_json:
        print_json(summary)
        return
    shown = summary | {
        "rows": f"{summary['rows']:,} in {len(artifact.manifest.shards)} shards",
        "size": size_text(summary["size"]),
        "fields": json.dumps(summary["fields"], indent=1, ensure_ascii=False),
        "parents": lines(others.get(parent, f"{parent} (not here)") for parent in summary["parents"]),
        "layout": lines(f"{name}: {kind}" for name, kind in summary["layout"].items()),
        "reasons": lines(f"{count:,} × {reason}" for reason, count in summary["reasons"].items()),
        "notes": lines(f"{name}: {value:g}" for name, value in summary["notes"].items()),
    }
    print_table(["", artifact.spec.name], [[name, str(value)] for name, value in shown.items()])


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
    """Check every byte against the manifests, and journals, run records and memories against their checksums.

    Leaves with status 1 if something bad is left.

    Example: mmpt-pipeline store verify --repair -w ./workspace
    """
    from dataclasses import asdict

    from pipeline.operations.verify import UNMENDABLE, verify_workspace
    from stores import Store

    found = verify_workspace(Store(workspace), fingerprint, repair)
    rows = [{"artifact": name} | asdict(problem) for name, problems in found.items() for problem in problems]
    left = [row for row in rows if not repair or row["kind"] in UNMENDABLE]
    if as_json:
        print_json({"checked": sorted(found), "problems": rows, "repaired": len(rows) - len(left)})
    else:
        cells = [[short(row["artifact"]), row["file"], row["found"], f"{row['rows']:,}"] for row in rows]
        print_table(["artifact", "file", "what is wrong", "rows"], cells, verdict(len(found), rows, left))
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
    from pipeline.records import roots
    from stores import Store

    store = Store(workspace)
    artifacts = store.artifacts()
    names = {artifact.spec.fingerprint for artifact in artifacts}
    removals = store.gc(roots(store.workspace) & names or names, delete=yes, artifacts=artifacts)
    if as_json:
        rows = [{"path": str(item.path), "reason": item.reason, "size": item.size} for item in removals]
        print_json({"deleted": yes, "removals": rows})
        return
    total = size_text(sum(item.size for item in removals))
    done = f"{total} deleted" if yes else f"{total} to delete; add --yes to do it"
    print_table(
        ["path", "why", "size"],
        [[str(item.path), item.reason, size_text(item.size)] for item in removals],
        done if removals else "nothing to delete",
    )
