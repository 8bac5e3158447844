"""What the members of a tar's sample are: by the endings of their names, which begin behind the key's dot."""

import json
import os
from collections.abc import Iterable, Sequence
from typing import Any

from pipeline.datasets.aside import What
from pipeline.datasets.companions import is_companion
from pipeline.media.formats import ALSO, EXTENSIONS
from pipeline.media.kinds import named_kind
from pipeline.printable import cut, printable

Beside = tuple[What, str, str]
"""What a member is, the reason, and its name; see `aside.py`."""
LABEL_SUFFIXES = ("cls", "json", "txt")
"""Of the members that may hold labels; the first that is there counts."""


def rank(ending: str, modality: str) -> int | None:
    """How well a member serves a modality: 0 is `key.jpg`, 1 another modality's that will do, 2 `key.left.jpg`; else None."""
    if f".{ending}" in EXTENSIONS[modality]:
        return 0
    if f".{ending}" in ALSO[modality]:
        return 1
    return 2 if f".{ending.rpartition('.')[2]}" in EXTENSIONS[modality] and "." in ending else None


def beside_of(base: str) -> Beside:
    """What a member is that is neither media nor labels, by its name."""
    suffix = printable(cut(os.path.splitext(base)[1].lower(), 40))
    if is_companion(suffix):
        return "passed over", suffix, base
    kind = named_kind(base)
    return "strange", f"{kind} ({suffix})" if kind else f"no known format ({suffix or 'no suffix'})", base


def problem_of(endings: Sequence[str], modality: str, beside: Iterable[Beside]) -> str:
    """Why a sample with media members of these endings is none: it needs exactly one."""
    text = f"{len(endings) or 'no'} {modality} files in this sample, one expected"
    dotted = [f".{ending}" for ending in endings if "." in ending]
    strange = sorted({reason for what, reason, _ in beside if what == "strange"})
    if dotted:
        shown = ", ".join(dotted[:3]) + (", …" if len(dotted) > 3 else "")
        return f"{text}: {shown}. A sample's key ends at the first dot of its files' names, so names with dots are one sample"
    return f"{text}; it holds {', '.join(strange[:3])}" if strange and not endings else text


def labels_within(texts: dict[str, bytes], within: str) -> tuple[str, ...]:
    """The labels beside `key.jpg` are in `key.cls`; beside `key.left.jpg` in `key.left.cls`, else in `key.cls`.

    Args:
        texts: ending -> content of the members that may hold labels.
        within: what stands between the key and the suffix of the media member: `left`; empty, most often.

    Raises:
        ValueError, RecursionError: they cannot be read.
    """
    parts = dict.fromkeys((f"{within}." if within else "", ""))
    endings = ((suffix, f"{part}{suffix}") for part in parts for suffix in LABEL_SUFFIXES)
    return next((_labels(suffix, texts[ending]) for suffix, ending in endings if ending in texts), ())


def _labels(suffix: str, content: bytes) -> tuple[str, ...]:
    """Names, or numbers as digits; `.txt` has a name a line, `.json` has `label`, `labels` or `cls`."""
    text = content.decode("utf-8-sig")
    if suffix != "json":
        return tuple(line.strip() for line in text.splitlines() if line.strip())
    found: Any = json.loads(text)
    if isinstance(found, dict):
        found = next((found[name] for name in ("labels", "label", "cls") if name in found), [])
    listed = found if isinstance(found, list) else [found]
    if not all(type(label) in (str, int) for label in listed):
        raise ValueError('expected "label": "cat" or "labels": ["cat", 3]')
    return tuple(str(label) for label in listed)
