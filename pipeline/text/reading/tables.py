"""Step 6: tables with bars, as Markdown writes them. One column holds the sentences."""

import re
from collections.abc import Sequence

__all__ = ["table_lines"]

_BAR = re.compile(r"(?<!\\)\|")
_RULE_SIGNS = frozenset(" \t|:+=-─═│├┼┤┌┬┐└┴┘╞╪╡┃━")
_SENTENCES = re.compile(
    r"\W*(?:english\s+|generated\s+)?(?:sentence|caption|description|text|example|statement)s?\b", re.IGNORECASE
)
_NUMBERED = re.compile(r"\W*(?:sentence|caption|description)\s?#?\d{1,2}\W*", re.IGNORECASE)
_OTHERS = re.compile(r"explanation|reason|note|label|count|length|number|^\W*(#|no\.?|id|index)\W*$", re.IGNORECASE)


def table_lines(lines: Sequence[str]) -> list[tuple[str, bool, bool]]:
    """Every line, or the cell of it that is a sentence; whether a bar closes it; and whether it was a row of a table.

    Heads and rules of tables are left out.
    """
    found: list[tuple[str, bool, bool]] = []
    at = 0
    while at < len(lines):
        rows = _rows(lines, at)
        if rows:
            table = lines[at : at + rows]
            found += [(*row, True) for row in _sentences([_cells(line) for line in table], table)]
        else:
            found.append((lines[at], False, False))
        at += max(rows, 1)
    return found


def _rows(lines: Sequence[str], at: int) -> int:
    """How many lines from here on are one table."""
    ruled = at + 1 < len(lines) and "|" in lines[at] and "|" in lines[at + 1] and _is_rule(lines[at + 1])
    end = at
    while end < len(lines) and (_is_row(lines[end]) or (ruled and "|" in lines[end])):
        end += 1
    last_is_cut = end == len(lines) or not lines[end].strip()
    if end == at + 1 and not ruled:
        closed = lines[at].rstrip().endswith(("|", "│"))
        return int(closed or (last_is_cut and len(_cells(lines[at])) > 1))
    return end - at


def _is_row(line: str) -> bool:
    return line.lstrip()[:1] in ("|", "│", "┃")


def _is_rule(line: str) -> bool:
    signs = set(line)
    return signs <= _RULE_SIGNS and bool(signs & set("-=─═━"))


def _cells(line: str) -> list[str]:
    bars = line.replace("│", "|").replace("┃", "|").strip()
    cells = [cell.strip().replace("\\|", "|") for cell in _BAR.split(bars)]
    cells = cells[1:] if cells and not cells[0] else cells
    return cells[:-1] if cells and not cells[-1] else cells


def _sentences(rows: list[list[str]], lines: Sequence[str]) -> list[tuple[str, bool]]:
    rules = [i for i, line in enumerate(lines) if _is_rule(line)]
    head = rows[rules[0] - 1] if rules and rules[0] > 0 else []
    if not head and any(_SENTENCES.fullmatch(cell) for cell in rows[0]):
        head = rows[0]
    body = [i for i, row in enumerate(rows) if i not in rules and row is not head and row]
    columns = _columns(head, [rows[i] for i in body])
    closed = [line.rstrip().endswith(("|", "│", "┃")) for line in lines]
    return [(rows[i][column], closed[i]) for i in body for column in columns if column < len(rows[i])]


def _columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    numbered = [column for column, name in enumerate(head) if _NUMBERED.fullmatch(name)]
    return numbered if len(numbered) > 1 else [_column(head, rows)]


def _column(head: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """The column whose head says so, or else the one with most words."""
    for column, name in enumerate(head):
        if _SENTENCES.match(name) and not _OTHERS.search(name):
            return column
    width = max((len(row) for row in rows), default=0)
    words = [sum(len(row[column].split()) for row in rows if column < len(row)) for column in range(width)]
    words = [0 if column < len(head) and _OTHERS.search(head[column]) else count for column, count in enumerate(words)]
    return words.index(max(words)) if words else 0
