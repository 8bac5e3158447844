"""A recipe for own clips, written beside them: what such recipes share."""

import os
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.encoders.cards import card
from pipeline.encoders.stepped.of_card import shape_of
from pipeline.recipe.errors import RecipeError
from pipeline.tasks.load import parse_recipe
from stores.commit import replace_bytes

MINIATURE = "miniature-swin"
_TRIED = """\
# The miniature tower knows drawn shapes and synthetic sounds only: it shows that the recipe runs, not what it can do. For real
# clips give --encoder swin-v2-large-192 (docs/encoders.md says where its weights lie; a GPU helps), and more epochs.
"""


def write_new(
    clips: Path, problems: Sequence[str], head: str, part: Callable[[Callable[[Path], str]], Mapping[str, Any]],
    methods: str, *, encoder: str | None, name: str | None, out: Path, force: bool,
) -> list[Path]:  # fmt: skip
    """Write a recipe for a folder of clips and what is known of them.

    What it names is named from the recipe's folder, so that both can be moved together.

    Args:
        clips: folder of the clips.
        problems: what else than the folder and `out` is wrong, a line each.
        head: first lines, with {clips}, {file} and {name}.
        part: the part of the recipe that names its clips, given how paths are written.
        methods: the last lines.
        encoder: the tower of pictures and sound; None takes the miniature one.
        name: of the run; None takes the folder's.
        out: the file to write.
        force: replace what is there.

    Returns:
        the files that were written.

    Raises:
        RecipeError: something is not there, or `out` is.
        MmptError: the encoder cannot be used.
    """
    found = [] if clips.is_dir() else [f"--videos {clips} is no folder; give that of the clips"]
    found += problems
    if out.exists() and not force:
        found.append(f"{out} is there already; give --force to replace it, or another --out")
    if found:
        raise RecipeError("recipes new", found)
    tower = encoder or MINIATURE
    shape_of(card(tower))
    run = name or plain_name(clips.resolve().name)
    first = head.format(clips=clips.resolve().name, file=shlex.quote(out.name), name=run)

    def text(here: Path | None) -> str:
        import yaml

        content = {"name": run, **part(lambda path: relative(path, here)), "encoders": {"visual": tower}}
        body = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)
        return first + (_TRIED if tower == MINIATURE else "") + body + methods

    parse_recipe(text(None), where=str(out), base=out.resolve().parent)
    out.parent.mkdir(parents=True, exist_ok=True)
    replace_bytes(out, text(out.resolve().parent).encode())
    return [out]


def relative(path: Path, here: Path | None) -> str:
    """A path as a recipe in a folder names it; absolute where there is no folder, or where they share nothing but the root."""
    there = path.resolve()
    if here is None or os.path.commonpath([there, here]) == there.anchor:
        return there.as_posix()
    return Path(os.path.relpath(there, here)).as_posix()


def plain_name(name: str) -> str:
    """A folder's name as a run can have it."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:64] or "own-clips"
