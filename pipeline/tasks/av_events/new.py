"""A recipe for own clips and a table of their events, written beside them."""

import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.encoders.cards import card
from pipeline.encoders.stepped.of_card import shape_of
from pipeline.recipe.errors import RecipeError
from pipeline.tasks.load import parse_recipe
from stores.commit import replace_bytes

MINIATURE = "miniature-swin"
_HEAD = """\
# Events of the clips in {clips}/, second by second
# Written by: mmpt-pipeline recipes new
#
#   run it:      mmpt-pipeline run {file}
#   then:        mmpt-pipeline predict {name} CLIP… --as vtt      (or csv, audacity)
#   files of the table without a split are divided by a hash of their name: 70 % train, 15 % val, 15 % test
"""
_TRIED = """\
# The miniature tower knows drawn shapes and synthetic sounds only: it shows that the recipe runs, not what it can do. For real
# clips give --encoder swin-v2-large-192 (docs/encoders.md says where its weights lie; a GPU helps), and more epochs.
"""


def new_events_recipe(
    clips: Path, events: Path, *, encoder: str | None, name: str | None, out: Path, force: bool
) -> list[Path]:
    """Write a recipe for a folder of clips and a table of their events, or a folder of label tracks.

    What it names is named from the recipe's folder, so that both can be moved together.

    Args:
        clips: folder of the clips.
        events: the table, or the folder of label tracks.
        encoder: the tower of pictures and sound; None takes the miniature one.
        name: of the run; None takes the folder's.
        out: the file to write.
        force: replace what is there.

    Returns:
        the files that were written.

    Raises:
        RecipeError: folder or table are not there, or `out` is.
        MmptError: the encoder cannot be used.
    """
    problems = [] if clips.is_dir() else [f"--videos {clips} is no folder; give that of the clips"]
    problems += (
        []
        if events.exists()
        else [f"--events {events} is not there; give a table with the columns file,label,start_s,end_s"]
    )
    if out.exists() and not force:
        problems.append(f"{out} is there already; give --force to replace it, or another --out")
    if problems:
        raise RecipeError("recipes new", problems)
    tower = encoder or MINIATURE
    shape_of(card(tower))
    run = name or _plain(clips.resolve().name)
    parse_recipe(_text(clips, events, tower, run, out, None), where=str(out), base=out.resolve().parent)
    out.parent.mkdir(parents=True, exist_ok=True)
    replace_bytes(out, _text(clips, events, tower, run, out, out.resolve().parent).encode())
    return [out]


def _text(clips: Path, events: Path, tower: str, run: str, out: Path, here: Path | None) -> str:
    """The recipe, with paths from a folder, or absolute."""
    import yaml

    content: Mapping[str, Any] = {
        "name": run,
        "events": {"layout": "events", "root": _relative(clips, here), "events": _relative(events, here)},
        "encoders": {"visual": tower},
    }
    head = _HEAD.format(clips=clips.resolve().name, file=shlex.quote(out.name), name=run)
    body = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)
    return head + (_TRIED if tower == MINIATURE else "") + body + _METHODS


_METHODS = """\
methods:                     # each is shown beside the one before it; the last one answers in predict
  head-only: {rung: none, lr_head: 0.001, epochs: 20}
  parallel: {variant: parallel, lr_head: 0.001, epochs: 20}     # reads stored outputs: no tower runs while it learns
  late: {variant: late, lr_head: 0.001, epochs: 20}             # prompts in the last stage; what lies below is stored
  # copl: {lr_head: 0.001, epochs: 20}                          # prompts in every block, as in the paper: many times slower
seeds: [0]
"""


def _relative(path: Path, here: Path | None) -> str:
    """A path as a recipe in a folder names it; absolute where there is no folder, or where they share nothing but the root."""
    there = path.resolve()
    if here is None or os.path.commonpath([there, here]) == there.anchor:
        return there.as_posix()
    return Path(os.path.relpath(there, here)).as_posix()


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:64] or "own-clips"
