"""What `mmpt-pipeline store` prints."""

from typing import TYPE_CHECKING, Any

from pipeline.cli.output import print_json

if TYPE_CHECKING:
    from stores import Artifact


def summary_of(artifact: "Artifact") -> dict[str, Any]:
    """What `store ls` tells of an artifact."""
    manifest = artifact.manifest
    return artifact.spec.as_json() | {
        "fingerprint": artifact.spec.fingerprint,
        "rows": manifest.rows,
        "rejected": len(artifact.rejected()),
        "size": manifest.size,
    }


def details_of(artifact: "Artifact") -> dict[str, Any]:
    """What `store show` tells beside its summary."""
    from collections import Counter

    reasons = Counter(row.reason for row in artifact.rejected())
    return {
        "path": str(artifact.path),
        "layout": dict(artifact.manifest.layout),
        "reasons": dict(reasons.most_common()),
        "notes": dict(artifact.manifest.notes),
    }


def show_rejected(artifact: "Artifact", as_json: bool) -> None:
    """The page of `store show --rejected`."""
    rows = artifact.rejected()
    if as_json:
        print_json([{"key": row.key, "reason": row.reason, **row.detail} for row in rows])
        return
    cells = [[row.key[:12], row.reason, lines(f"{k}: {v}" for k, v in row.detail.items())] for row in rows]
    print_table(["key", "reason", "detail"], cells, f"{len(rows)} rows of {artifact.spec.name} were rejected")


def verdict(checked: int, rows: list[dict[str, Any]], left: list[dict[str, Any]]) -> str:
    """The last line of `store verify`."""
    if not rows:
        return f"{checked} artifacts checked, all sound"
    beyond = sorted({row["kind"] for row in left if row["kind"] in ("manifest", "run")})
    if beyond:
        what = " and a ".join({"manifest": "manifest", "run": "run record"}[kind] for kind in beyond)
        return f"{len(rows)} problems, {len(rows) - len(left)} repaired; a {what} cannot be repaired"
    if left:
        return f"{len(rows)} problems; add --repair to drop what is bad, then run the stages again"
    return f"{len(rows)} problems repaired; run the stages again to make the rows that are missing now"


def short(name: str) -> str:
    """Kind and the first digits of the fingerprint."""
    kind, _, fingerprint = name.partition("/")
    return f"{kind}/{fingerprint[:12]}"


def brief(fields: dict[str, Any]) -> str:
    """Return the fields that fit in a table's cell: plain values only."""
    return " ".join(f"{name}={value}" for name, value in fields.items() if not isinstance(value, dict | list))


def lines(items: Any) -> str:
    """One a line; "none" for nothing."""
    return "\n".join(items) or "none"


def print_table(columns: list[str], rows: list[list[str]], caption: str = "") -> None:
    """Print rows as a plain table with a line below. Cells are text: what they hold is shown, and does nothing.

    Many rows are written line by line, see `long_table`.
    """
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from pipeline.printable import LONG, long_table, printable

    console = Console()
    if len(rows) > LONG:
        print(*long_table(columns, rows, numbers=False), "", sep="\n")
    elif rows:
        table = Table(box=SIMPLE_HEAD)
        for name in columns:
            table.add_column(name, overflow="fold")
        for row in rows:
            table.add_row(*(Text(printable(cell)) for cell in row))
        console.print(table)
    if caption:
        console.print(Text(printable(caption)))
