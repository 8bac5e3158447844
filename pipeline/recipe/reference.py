"""docs/recipe-options.md, made from the schema: every option of every recipe with its type, default and meaning."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

_TOP = """# Every option of a recipe

Made from the shapes that recipes are checked with: `mmpt-pipeline recipes options`. For an editor
that knows JSON schemas: `mmpt-pipeline recipes schema > recipe.schema.json`, and in the first line
of a recipe `# yaml-language-server: $schema=recipe.schema.json`.
"""
_NAMES = ("layout", "method")
"""Options whose value says which of several shapes is meant."""


def options_page(schema: Mapping[str, Any]) -> str:
    """The page, as Markdown.

    Args:
        schema: of `pipeline.recipe.schema.recipe_schema`.
    """
    told = [_TOP]
    for task, shape in schema["$defs"].items():
        told.append(f"## Recipes of the task `{task}`\n")
        told.append(_table(shape))
        for place, found in _below(shape):
            about = found.get("description", "")
            told.append(f"### {place}\n\n{about}\n\n{_table(found)}" if about else f"### {place}\n\n{_table(found)}")
    return "\n".join(told)


def _below(shape: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Where each shape below the top stands, and what it is; a shape that stands in several places is told once."""
    places: dict[str, str] = {}
    waiting = [("", shape)]
    while waiting:
        path, found = waiting.pop(0)
        for name, option in found.get("properties", {}).items():
            for named in _references(option):
                key = f"{path}.{name}" if path else name
                if named not in places:
                    places[named] = key
                    waiting.append((key, shape["$defs"][named]))
    for named, key in places.items():
        found = shape["$defs"][named]
        values = next((_values(found["properties"][kind]) for kind in _NAMES if kind in found["properties"]), "")
        yield f"`{key}`" + (f": {values}" if values else ""), found


def _references(option: Any) -> Iterator[str]:
    if isinstance(option, Mapping):
        if "$ref" in option:
            yield option["$ref"].rpartition("/")[2]
        for name, part in option.items():
            if name != "discriminator":
                yield from _references(part)
    elif isinstance(option, list):
        for part in option:
            yield from _references(part)


def _table(shape: Mapping[str, Any]) -> str:
    required = shape.get("required", ())
    rows = ["| option | type | default | meaning |", "|---|---|---|---|"]
    for name, option in shape["properties"].items():
        default = "required" if name in required else _default(option)
        cells = (f"`{name}`", _type(option), default, option.get("description", ""))
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def _default(option: Mapping[str, Any]) -> str:
    if "default" not in option:
        return ""
    value = option["default"]
    if isinstance(value, dict) and any(_references(option)):
        return "see below"
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def _type(option: Mapping[str, Any]) -> str:
    if "const" in option or "enum" in option:
        return _values(option)
    if "$ref" in option:
        return "a mapping, see below"
    for several in ("anyOf", "oneOf"):
        if several in option:
            return " or ".join(dict.fromkeys(_type(part) for part in option[several]))
    kind = option.get("type")
    if kind == "array":
        inside: Any = option.get("items") or next(iter(option.get("prefixItems", ())), {})
        return f"a list of: {_type(inside)}" if inside else "a list"
    if kind == "object":
        inside = option.get("additionalProperties")
        return f"a mapping of names to: {_type(inside)}" if isinstance(inside, Mapping) else "a mapping"
    words = {
        "string": "text",
        "integer": "whole number",
        "number": "number",
        "boolean": "true or false",
        "null": "null",
    }
    return " ".join(filter(None, (words.get(str(kind), "anything"), _bounds(option))))


def _bounds(option: Mapping[str, Any]) -> str:
    told = (("minimum", "from"), ("exclusiveMinimum", "above"), ("maximum", "to"), ("exclusiveMaximum", "below"))
    return " ".join(f"{word} {option[name]:,}" for name, word in told if name in option)


def _values(option: Mapping[str, Any]) -> str:
    found = [option["const"]] if "const" in option else option.get("enum", ())
    return ", ".join(f"`{json.dumps(value).strip(chr(34))}`" for value in found)
