"""Recipes as plain content, before they are checked: one laid over another."""

from collections.abc import Mapping, Sequence
from typing import Any

_WHOLE = ("data",)
"""Keys whose mappings are replaced, not merged: the options of one layout mean nothing to another."""


def merged(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `change` laid over it; neither is touched."""
    result = dict(base)
    for key, value in change.items():
        below = result.get(key)
        both = isinstance(value, Mapping) and isinstance(below, Mapping) and key not in _WHOLE
        result[key] = merged(below, value) if both else value  # type: ignore[arg-type]
    return result


def with_only(content: Mapping[str, Any], modalities: Sequence[str]) -> dict[str, Any]:
    """A recipe's content with some of its modalities; with all where none is named."""
    if not modalities:
        return dict(content)
    kept = {name: config for name, config in content["modalities"].items() if name in modalities}
    return {**content, "modalities": kept}
