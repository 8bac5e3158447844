"""YAML's safe subset, read without surprises: no code, no key twice, and nothing that unfolds far beyond its text.

An alias costs a few letters and stands for all that its anchor holds, so ten lines can mean a billion values. A value that YAML
takes for a date or a number, and that is none, is told with its line; so is text that no file and no model can hold.
"""

import re
from collections import Counter
from typing import Any

import yaml

from pipeline.printable import cut

_MOST_VALUES = 1_000_000
_BEING_COUNTED = -1
_NO_TEXT = re.compile(r"[\x00\ud800-\udfff]")


class _UniqueKeys(yaml.SafeLoader):
    """YAML's safe subset; a key that stands twice in one mapping is an error, where PyYAML silently takes the last."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            value = super().construct_object(node, deep)
        except (yaml.YAMLError, RecursionError, MemoryError):
            raise
        except Exception:  # int, datetime and their like refuse a value each in its own way
            kind = node.tag.rpartition(":")[2]
            shown = repr(cut(node.value, 60)) if isinstance(node.value, str) else "this"
            told = f"{shown} cannot be read as YAML's {kind}, for which it is taken; write it in quotation marks if it is text"
            raise yaml.constructor.ConstructorError(None, None, told, node.start_mark) from None
        if isinstance(value, str) and (found := _NO_TEXT.search(value)):
            told = f"a text holds the character U+{ord(found[0]):04X}, which no file and no model takes; leave it out"
            raise yaml.constructor.ConstructorError(None, None, told, node.start_mark)
        return value

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        if isinstance(node, yaml.MappingNode):
            keys = [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            times = Counter(key.value for key in keys)
            for key in keys:
                if times[key.value] > 1:
                    problem = f"key {cut(key.value, 60)!r} stands there {times[key.value]} times"
                    raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
        return super().construct_mapping(node, deep)


def load_yaml(text: str) -> Any:
    """The value that a text stands for.

    Raises:
        yaml.YAMLError: it is no YAML, asks for more than data, holds a value that is none of its kind, is nested too deeply, or
            unfolds to too much.
    """
    return load_with_nodes(text)[0]


def load_with_nodes(text: str) -> tuple[Any, yaml.Node | None]:
    """The value, and the tree of what was written, in which `lines.line_of` finds a key's line.

    Raises:
        yaml.YAMLError: as `load_yaml`.
    """
    loader = None
    try:
        loader = _UniqueKeys(text)
        node = loader.get_single_node()
        if node is None:
            return None, None
        if _values(node, {}) > _MOST_VALUES:
            raise yaml.YAMLError(f"its aliases unfold to more than {_MOST_VALUES:,} values")
        return loader.construct_document(node), node
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise yaml.YAMLError(f"line {line}: the character U+{int(error.character):04X} may not stand in YAML") from None
    except RecursionError:
        raise yaml.YAMLError("it is nested too deeply") from None
    finally:
        if loader is not None:
            loader.dispose()


def _values(node: yaml.Node, known: dict[int, int]) -> int:
    """How many values a node is when every alias is written out."""
    found = known.get(id(node))
    if found == _BEING_COUNTED:
        told = "an alias stands inside its own anchor"
        raise yaml.constructor.ConstructorError(None, None, told, node.start_mark)
    if found is None:
        known[id(node)] = _BEING_COUNTED
        inner = node.value if isinstance(node, yaml.CollectionNode) else []
        parts = [part for item in inner for part in (item if isinstance(item, tuple) else (item,))]
        found = known[id(node)] = 1 + sum(_values(part, known) for part in parts)
    return found
