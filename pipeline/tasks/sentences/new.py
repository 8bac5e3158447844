"""A recipe for somebody's own media or texts, or for class names alone, written with comments."""

import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline.datasets.folder import class_folders
from pipeline.datasets.tables import read_labelled
from pipeline.encoders.cards import card
from pipeline.recipe.errors import RecipeError
from pipeline.tasks.load import parse_recipe
from pipeline.tasks.sentences.new_labels import NewLabels, asked_labels, found_labels
from pipeline.text.models import MINIATURE_LLAMA
from pipeline.text.shipped_queries import PAPER
from stores.commit import replace_bytes

_QUERIES = {"image": "looks", "video": "scenes", "audio": "looks", "text": "definitions"}
_ENCODERS = {
    "image": "miniature-clip", "audio": "miniature-clap", "video": "miniature-viclip", "text": "all-minilm-l6-v2"
}  # fmt: skip
_THINGS = {"image": "images", "audio": "sounds", "video": "videos", "text": "texts"}

_HEAD = """\
# {what}
# Written by: mmpt-pipeline recipes new
#
#   run it:      mmpt-pipeline run {file}
#   then:        mmpt-pipeline predict {name} FILES…
#   new classes: {classes};
#                only what is new is written, encoded and learned.
"""
_MINIATURE = """\
# The miniature models know drawn shapes and synthetic sounds only: they show that the recipe runs, not what it can do.
# For real figures use for example  encoder: {real}  and  model: meta-llama/Llama-2-7b-chat-hf  (a GPU helps).
"""
_BY_HAND = """\
# Sentences by hand tell no more of a class than its name does: a first run, to be beaten by a language model's, for example
#   generate: {engine: transformers, model: meta-llama/Llama-2-7b-chat-hf, query: %s}      (a GPU helps)
"""
_REAL = {
    "image": "clip-vit-b32-laion2b", "audio": "clap-larger-general", "video": "viclip-b16",
    "text": "all-minilm-l6-v2",
}  # fmt: skip
_UNJUDGED = """\
# It is judged on nothing, so nobody knows how good it is. To be told, add files with labels under the modality, for example
#   data: {data}
"""
_DATA = {
    "text": "{layout: table, file: texts.csv}     # columns text,labels",
    "image": "{layout: folder, root: photos}      # photos/<class name>/anything.jpg",
    "audio": "{layout: folder, root: sounds}      # sounds/<class name>/anything.wav",
    "video": "{layout: folder, root: videos}      # videos/<class name>/anything.mp4",
}


def new_recipe(
    roots: Mapping[str, Path],
    *,
    labels: str | None,
    encoder: str | None,
    model: str,
    name: str | None,
    out: Path,
    force: bool,
) -> list[Path]:
    """Write a recipe for one folder of media, one table or folder of texts, or for class names alone; and a label file beside it.

    What it names is named from the recipe's folder, so that both can be moved together.

    Args:
        roots: modality -> folder, of texts also a table; one, or none where labels are given.
        labels: text file, shipped set, or names with commas between them; None takes what the folder or table tells.
        encoder: None takes the modality's default; where there is no root, it says the modality.
        model: the LLM.
        name: of the run; None takes the folder's.
        out: the file to write.
        force: replace what is there.

    Returns:
        the files that were written.

    Raises:
        RecipeError: no folder or several, or `out` is there.
        MmptError: the folder, labels or encoder cannot be used.
    """
    if len(roots) > 1 or not roots and labels is None:
        told = f"give one of --images, --sounds, --videos with a folder; found {len(roots)}"
        raise RecipeError("recipes new", [f"{told}. Or give --texts with a table of texts, or --labels alone"])
    modality = next(iter(roots), None) or (card(encoder).modality if encoder else "image")
    root, encoder = roots.get(modality), encoder or _ENCODERS[modality]
    if root is not None and not root.is_file():
        class_folders(root)  # refuses a folder that is not there, whoever names the classes
    names = found_labels(root, modality) if labels is None and root is not None else asked_labels(labels or "")
    own = out.with_name(f"{out.stem}-labels.txt") if names.file is None and names.shipped is None else None
    own = own if names.fits_a_file else None
    _require_free(out, own, names, force)
    run = name or _plain(root.stem if root and root.is_file() else root.resolve().name if root else out.stem)
    write = _Writer(modality, root, names, encoder, model, run, out)
    parse_recipe(write.text(None, None), where=str(out), base=out.resolve().parent)  # before anything is written
    out.parent.mkdir(parents=True, exist_ok=True)
    if own is not None:
        replace_bytes(own, _lines(names))
    replace_bytes(out, write.text(own, out.resolve().parent).encode())
    return [out, *([own] if own else [])]


def _lines(names: NewLabels) -> bytes:
    return "".join(f"{name}\n" for name in names.names).encode()


def _require_free(out: Path, own: Path | None, names: NewLabels, force: bool) -> None:
    """A label file that says the same is left by a command that was killed."""
    taken = [out] if out.exists() else []
    taken += [own] if own is not None and own.exists() and own.read_bytes() != _lines(names) else []
    if taken and not force:
        problem = f"{taken[0]} is there already; give --force to replace it, or another --out"
        raise RecipeError("recipes new", [problem])


@dataclass(frozen=True)
class _Writer:
    """What a recipe is made of; see `new_recipe`."""

    modality: str
    root: Path | None
    names: NewLabels
    encoder: str
    model: str
    name: str
    out: Path

    def text(self, own: Path | None, here: Path | None) -> str:
        """The recipe, with its names in a label file of its own or in itself, and paths from a folder, or absolute."""
        body = yaml.safe_dump(self._content(own, here), sort_keys=False, allow_unicode=True, width=110)
        miniature = "miniature" in self.encoder
        # The miniature language model knows drawn shapes; beside a real encoder a sentence by hand says more.
        by_hand = self.model == MINIATURE_LLAMA and not miniature
        notes = [
            _MINIATURE.format(real=_REAL[self.modality]) if miniature else "",
            _BY_HAND % _QUERIES[self.modality] if by_hand else "",
            "" if self._judged else _UNJUDGED.format(data=_DATA[self.modality]),
        ]
        asked = _ASKED.format(model=self.model, query=_query(self.modality, self.model))
        rest = (_WRITTEN if by_hand else asked) + _REST.format(rate=f"{{{self.modality}: 0.05}}")
        return self._head(own) + "".join(notes) + body + rest

    def _content(self, own: Path | None, here: Path | None) -> dict[str, Any]:
        file = own or self.names.file
        config: dict[str, Any] = {
            "labels": _relative(file, here) if file else self.names.shipped or self.names.names,
            "encoder": self.encoder,
        }
        if self.modality in ("image", "video"):
            # Cameras and phones store how a picture is to be turned beside it, and people sort what they see.
            config["media"] = {"orientation": "shown"}
        if self.root is not None:
            table = self.root.is_file()
            place = _relative(self.root, here)
            config["data"] = {"layout": "table", "file": place} if table else {"layout": "folder", "root": place}
        return {"name": self.name, "modalities": {self.modality: config}}

    @property
    def _judged(self) -> bool:
        """Whether there are files with labels to judge on."""
        if self.root is None or not self.root.is_file():
            return self.root is not None
        return any(labels for _, labels in read_labelled(self.root, "text"))

    def _head(self, own: Path | None) -> str:
        file = shlex.quote(self.out.name)
        of = f" in {self.root.name}{'' if self.root.is_file() else '/'}" if self.root else ""
        what = f"{len(self.names.names)} classes of {_THINGS[self.modality]}{of}"
        if own or self.names.file:
            classes = f'mmpt-pipeline classes add {file} "NAME", then mmpt-pipeline refresh {file}'
        else:
            classes = "add names under 'labels' and run again"
        return _HEAD.format(what=what, file=file, name=self.name, classes=classes)


def _relative(path: Path, here: Path | None) -> str:
    """A path as a recipe in a folder names it; absolute where there is no folder, or where they share nothing but the root."""
    there = path.resolve()
    if here is None or os.path.commonpath([there, here]) == there.anchor:
        return there.as_posix()
    return Path(os.path.relpath(there, here)).as_posix()


_ASKED = """\
generate:
  engine: transformers       # or: vllm (GPU; pip install -e ".[vllm]")
  model: {model}
  {query}
  combine: files             # several classes in one query only where files show several
  sentences_per_class: 40    # the paper: about 200 to 2,000
"""
_WRITTEN = """\
generate:
  engine: templates          # 16 sentences a class, without a language model
"""
_REST = """\
cache:
  max_rejected: 0.5          # fail when more than this share of the files cannot be read
train:
  method: taam-cpt
  preset: recommended        # or: paper, code (docs/architecture.md tells how they differ)
  epochs: 40
  batch_size: 128
  lr: {rate}
"""


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:64] or "own-data"


def _query(modality: str, model: str) -> str:
    """What is asked: the miniature model has learned the paper's query only, others are asked one short thing."""
    name, more = (
        (PAPER, "the miniature model knows no other")
        if model == MINIATURE_LLAMA
        else (_QUERIES[modality], "or another")
    )
    return f"{f'query: {name}':<25}  # {more}: mmpt-pipeline texts templates; first try: generate-texts --try 3"
