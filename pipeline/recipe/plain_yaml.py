"""YAML's safe subset, read without surprises: no code, no key twice, and nothing that unfolds far beyond its text.

An alias costs a few letters and stands for all that its anchor holds, so ten lines can mean a billion values.
"""

from collections import Counter
from typing import Any

import yaml

_MOST_VALUES = 1_000_000
_BEING_COUNTED = -1


class _UniqueKeys(yaml.SafeLoader):
    """YAML's safe subset; a key that stands twice in one mapping is an error, where PyYAML silently takes the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        counts = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and counts[key.value] > 1:
                problem = f"key {key.value!r} stands there {counts[key.value]} times"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
        return super().construct_mapping(node, deep)


def load_yaml(text: str) -> Any:
    """The value that a text stands for.

    Raises:
        yaml.YAMLError: it is no YAML, asks for more than data, is nested too deeply, or unfolds to too much.
    """
    loader = _UniqueKeys(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        if _values(node, {}) > _MOST_VALUES:
            raise yaml.YAMLError(f"its aliases unfold to more than {_MOST_VALUES:,} values")
        return loader.construct_document(node)
    except RecursionError:
        raise yaml.YAMLError("it is nested too deeply") from None
    finally:
        loader.dispose()


def _values(node: yaml.Node, known: dict[int, int]) -> int:
    """How many values a node is when every alias is written out."""
    found = known.get(id(node))
    if found == _BEING_COUNTED:
        raise yaml.YAMLError("an alias stands inside its own anchor")
    if found is None:
        known[id(node)] = _BEING_COUNTED
        inner = node.value if isinstance(node, yaml.CollectionNode) else []
        parts = [part for item in inner for part in (item if isinstance(item, tuple) else (item,))]
        found = known[id(node)] = 1 + sum(_values(part, known) for part in parts)
    return found
