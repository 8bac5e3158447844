"""A recipe for own clips in a folder a class, written for them."""

import os
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.datasets.open_video.halves import halves_of
from pipeline.datasets.open_video.read import class_names
from pipeline.recipe.errors import RecipeError
from pipeline.recipe.video_data import Names, OwnVideos
from pipeline.tasks.load import parse_recipe
from pipeline.tasks.open_video.bound import encoder_card
from stores.commit import replace_bytes

MINIATURE = "miniature-clip"
USES = ("motion", "sound")
_HEAD = """\
# Classes of the clips in {clips}/, by any names, from frames and {uses}
# Written by: mmpt-pipeline recipes new
#
#   run it:      mmpt-pipeline run {file}
#   then:        mmpt-pipeline predict {name} CLIP… --labels other-names.txt      (any names, no training)
#
# Clips of `base` classes are learned from, those of `novel` ones are judged only: they tell what the run is worth for names that
# nobody learned. Move names between the two as you like.
"""
_TRIED = """\
# The miniature encoder knows drawn shapes only: it shows that the recipe runs, not what it can do. For real clips give
# --encoder clip-vit-b16-openai (docs/encoders.md says where its weights lie; a GPU helps).
"""
_METHODS = {
    "motion": "  mov: {epochs: 30, batch_size: 16, micro_batch: 8}                                 # frames and optical flow",
    "sound": "  heard: {method: mov, other: sound, epochs: 20, batch_size: 16, micro_batch: 8}    # frames and sound",
}


def new_open_video_recipe(
    clips: Path,
    labels: str | None,
    uses: Sequence[str],
    *,
    encoder: str | None,
    name: str | None,
    out: Path,
    force: bool,
) -> list[Path]:
    """Write a recipe for a folder of clips, a sub-folder a class. Half of the classes is base, by a seeded draw.

    Args:
        clips: folder of the clips.
        labels: a file of class names, a shipped label set, or names with commas; None takes the sub-folders.
        uses: "motion", "sound" or both.
        encoder: CLIP; None takes the miniature one.
        name: of the run; None takes the folder's.
        out: the file to write.
        force: replace what is there.

    Returns:
        the files that were written.

    Raises:
        RecipeError: the folder is not there, a use is unknown, or `out` is there.
        MmptError: the encoder cannot be used, or classes cannot be divided.
    """
    problems = (
        [] if clips.is_dir() else [f"--videos {clips} is no folder; give that of the clips, with a folder a class"]
    )
    if not uses or set(uses) - set(USES):
        problems.append(f"--use {','.join(uses)}: known are {', '.join(USES)}, and both with a comma between them")
    if out.exists() and not force:
        problems.append(f"{out} is there already; give --force to replace it, or another --out")
    if problems:
        raise RecipeError("recipes new", problems)
    said, here = _labels(labels), out.resolve().parent
    config = OwnVideos(layout="folder", root=clips, labels=said)
    base, novel = halves_of(config, class_names(config))
    videos: dict[str, Any] = {"layout": "folder", "root": _relative(clips, here)}
    if said is not None:
        file = isinstance(said, str) and Path(said).is_file()
        videos["labels"] = _relative(Path(str(said)), here) if file else said if isinstance(said, str) else list(said)
    videos |= {"base": list(base), "novel": list(novel)}
    content = {"name": name or _plain(clips.resolve().name), "videos": videos, "encoder": encoder or MINIATURE}
    text = _text(content, clips, uses, out)
    encoder_card(parse_recipe(text, where=str(out), base=here))
    out.parent.mkdir(parents=True, exist_ok=True)
    replace_bytes(out, text.encode())
    return [out]


def _text(content: Mapping[str, Any], clips: Path, uses: Sequence[str], out: Path) -> str:
    import yaml

    head = _HEAD.format(
        clips=clips.resolve().name, uses=" and ".join(uses), file=shlex.quote(out.name), name=content["name"]
    )
    body = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)
    methods = [_METHODS[use] for use in USES if use in uses]
    tried = _TRIED if content["encoder"] == MINIATURE else ""
    lines = ["methods:", *methods, "  clip-adapter: {epochs: 20, batch_size: 16}", "seeds: [0]"]
    return head + tried + body + "\n".join(lines) + "\n"


def _labels(said: str | None) -> Names | None:
    """A file, a label set, or names with commas between them."""
    if said is None or Path(said).is_file() or "," not in said:
        return said
    return tuple(name.strip() for name in said.split(",") if name.strip())


def _relative(path: Path, here: Path) -> str:
    """A path as a recipe in a folder names it; absolute where they share nothing but the root."""
    there = path.resolve()
    if os.path.commonpath([there, here]) == there.anchor:
        return there.as_posix()
    return Path(os.path.relpath(there, here)).as_posix()


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:64] or "own-clips"
