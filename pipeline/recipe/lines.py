"""In which line of a recipe a mistake stands, found by the key that its text begins with."""

from collections.abc import Sequence

import yaml


def with_lines(problems: Sequence[str], root: yaml.Node | None) -> list[str]:
    """The problems, each with its line behind it where it begins with a key of the recipe ("train.epochs: …")."""
    return [_with_line(problem, root) for problem in problems]


def line_of(root: yaml.Node | None, path: Sequence[str]) -> int | None:
    """The line, from 1, of the deepest key of a path that was written; None where not even the first was.

    Parts of the path that are no keys, such as the layout that pydantic names, are passed over. A key that holds a dot is several
    parts of the path.
    """
    node, line, start = root, None, 0
    while start < len(path):
        ends = range(len(path), start, -1)
        found = next(((end, inner) for end in ends if (inner := _inside(node, ".".join(path[start:end])))), None)
        if found is not None:
            start, (line, node) = found
        else:
            line = _line_of_odd_key(node) or line
            start += 1
    return line


def _with_line(problem: str, root: yaml.Node | None) -> str:
    key, colon, _ = problem.partition(": ")
    line = (line_of(root, key.split(".")) if colon else None) or line_of(root, problem.partition(" ")[0].split("."))
    return problem if line is None else f"{problem.rstrip()} (line {line})"


def _inside(node: yaml.Node | None, part: str) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == part:
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and part.isdecimal() and int(part) < len(node.value):
        inner = node.value[int(part)]
        return inner.start_mark.line + 1, inner
    return None


def _line_of_odd_key(node: yaml.Node | None) -> int | None:
    """The line of a key that is no text, such as `0b101` or a date, and is called otherwise in a message."""
    keys = (key for key, _ in node.value) if isinstance(node, yaml.MappingNode) else ()
    return next((key.start_mark.line + 1 for key in keys if key.tag != "tag:yaml.org,2002:str"), None)
