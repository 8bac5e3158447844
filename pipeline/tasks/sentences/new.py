"""A recipe for somebody's own folder of media, written with comments."""

import re
from collections.abc import Mapping
from pathlib import Path

import yaml

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.folder import class_folders, class_name, flat_files
from pipeline.encoders.cards import card
from pipeline.labels import load_labels
from pipeline.labels.names import composed
from pipeline.recipe.errors import RecipeError
from pipeline.tasks.load import parse_recipe
from pipeline.text.models import MINIATURE_LLAMA
from pipeline.text.shipped_queries import PAPER
from stores.commit import replace_bytes

_QUERIES = {"image": "looks", "video": "scenes", "audio": "looks", "text": "definitions"}
_ENCODERS = {"image": "miniature-clip", "audio": "miniature-clap", "video": "miniature-viclip"}

_HEAD = """\
# {what}
# Written by: mmpt-pipeline recipes new
#
#   run it:      mmpt-pipeline run {file}
#   then:        mmpt-pipeline predict {name} FILES…
#   new classes: add names under 'labels' and run again; only what is new is written, encoded and learned.
"""
_MINIATURE = """\
# The miniature models know drawn shapes and synthetic sounds only: they show that the recipe runs, not what it can do.
# For real figures use for example  encoder: clip-vit-b32-laion2b  and  model: meta-llama/Llama-2-7b-chat-hf  (a GPU helps).
"""


def new_recipe(
    roots: Mapping[str, Path],
    *,
    labels: str | None,
    encoder: str | None,
    model: str,
    name: str | None,
    out: Path,
    force: bool,
) -> None:
    """Write a recipe for one folder of media.

    Args:
        roots: modality -> folder; exactly one.
        labels: text file or shipped set; None takes the names of the sub-folders, or of the files of a flat folder.
        encoder: None takes the modality's miniature encoder.
        model: the LLM.
        name: of the run; None takes the folder's.
        out: the file to write.
        force: replace `out` if it is there.

    Raises:
        RecipeError: no folder or several, or `out` is there.
        MmptError: the folder, labels or encoder cannot be used.
    """
    if len(roots) != 1:
        raise RecipeError(
            "recipes new", [f"give one of --images, --sounds, --videos with a folder; found {len(roots)}"]
        )
    if out.exists() and not force:
        raise RecipeError("recipes new", [f"{out} is there already; give --force to replace it, or another --out"])
    ((modality, root),) = roots.items()
    class_folders(root)  # refuses a folder that is not there, whoever names the classes
    text = _text(modality, root, labels, encoder or _ENCODERS[modality], model, name or _plain(root), out)
    parse_recipe(text, where=str(out), base=out.resolve().parent)
    out.parent.mkdir(parents=True, exist_ok=True)
    replace_bytes(out, text.encode())


def _text(modality: str, root: Path, labels: str | None, encoder: str, model: str, name: str, out: Path) -> str:
    card(encoder)
    found: str | list[str] = labels_in(root, modality) if labels is None else _reference(labels)
    # Cameras and phones store how a picture is to be turned beside it, and people sort what they see.
    turned = {"media": {"orientation": "shown"}} if modality in ("image", "video") else {}
    config = {
        "labels": found,
        "encoder": encoder,
        **turned,
        "data": {"layout": "folder", "root": str(root.resolve())},
    }
    content = {"name": name, "modalities": {modality: config}}
    count = len(load_labels(found))
    head = _HEAD.format(what=f"{count} classes of {modality}s in {root.name}/", file=out.name, name=name)
    note = _MINIATURE if "miniature" in encoder or "miniature" in model else ""
    body = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)
    return head + note + body + _REST.format(model=model, query=_query(modality, model))


_REST = """\
generate:
  engine: transformers       # or: vllm (GPU; pip install -e ".[vllm]")
  model: {model}
  {query}
  combine: files             # several classes in one query only where files show several
  sentences_per_class: 40    # the paper: about 200 to 2,000
cache:
  max_rejected: 0.5          # fail when more than this share of the files cannot be read
train:
  method: taam-cpt
  preset: recommended        # or: paper, code (docs/architecture.md tells how they differ)
  epochs: 40
  batch_size: 128
  lr: {{video: 0.05, image: 0.05, audio: 0.05}}
"""


def _query(modality: str, model: str) -> str:
    """What is asked: the miniature model has learned the paper's query only, others are asked one short thing."""
    name, more = (
        (PAPER, "the miniature model knows no other")
        if model == MINIATURE_LLAMA
        else (_QUERIES[modality], "or another")
    )
    return f"{f'query: {name}':<25}  # {more}: mmpt-pipeline texts templates; first try: generate-texts --try 3"


def labels_in(root: Path, modality: str) -> list[str]:
    """Class names that a folder tells by itself: its sub-folders, or the names of its files.

    Raises:
        DatasetError: there is no such folder, or nothing in it.
    """
    names = [folder.name for folder in class_folders(root)] or [class_name(p) for p in flat_files(root, modality)]
    plain = [" ".join(composed(name).replace("_", " ").split()) for name in names]  # Macs hand names out decomposed
    found = list(dict.fromkeys(name for name in plain if name))
    if not found:
        raise DatasetError(
            f"data: neither sub-folders nor file names of {root} tell a class (first: {names[0]!r}). "
            f"Sort the files into {root.name}/<class name>/, or give --labels with a text file of class names."
        )
    return found


def _reference(labels: str) -> str:
    path = Path(labels)
    return str(path.resolve()) if path.is_file() else labels


def _plain(root: Path) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", root.resolve().name).strip("-._")[:64] or "own-data"
