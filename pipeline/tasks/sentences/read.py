"""What a recipe's shape does not tell where it learns from sentences: labels and encoders, and what its paths start from."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.encoders.cards import card, text_card, with_media
from pipeline.labels import MODALITIES, load_labels
from pipeline.recipe.paths import absolute_path
from pipeline.recipe.workspace import from_folder
from pipeline.tasks.sentences.recipe import Recipe, unknown_modalities
from stores.errors import MmptError


def labels_of(recipe: Recipe) -> dict[str, list[str]]:
    """The class names of every modality."""
    return {name: load_labels(config.labels) for name, config in recipe.modalities.items()}


def problems_of(content: dict, base: Path) -> Iterator[str]:
    """What the shape alone does not tell: labels and encoders that cannot be used.

    The raw content is read, so that these are told together with mistakes of shape, whoever's they are.
    """
    modalities = content.get("modalities")
    if not isinstance(modalities, dict):
        return
    if problem := unknown_modalities(modalities):
        yield f"modalities: {problem}"
    for name, config in modalities.items():
        if name not in MODALITIES or not isinstance(config, dict):
            continue
        labels, encoder = config.get("labels"), config.get("encoder")
        if isinstance(labels, str) or isinstance(labels, list) and all(isinstance(x, str) for x in labels):
            yield from _labels_problems(name, labels, base)
        if isinstance(encoder, str):
            yield from _encoder_problems(name, encoder, config.get("media"))


def _labels_problems(modality: str, labels: str | list[str], base: Path) -> Iterator[str]:
    try:
        load_labels(labels, base)
    except MmptError as error:
        told = str(error)
        yield f"modalities.{modality}.{'' if told.startswith('labels: ') else 'labels: '}{told}"


def _encoder_problems(modality: str, encoder: str, media: Any) -> Iterator[str]:
    try:
        found = card(encoder)
        text_card(found)  # classes are learned from sentences
    except MmptError as error:
        yield f"modalities.{modality}.encoder: {error}"
        return
    if found.modality != modality:
        yield f"modalities.{modality}.encoder: '{encoder}' encodes {found.modality}, not {modality}"
    elif isinstance(media, dict):
        try:
            with_media(found, media)
        except MmptError as error:
            yield f"modalities.{modality}.{error}"  # which begins with "media"


_PATHS = ("root", "file", "annotations")


def with_absolute_paths(content: dict, base: Path) -> dict:
    """Paths of a recipe, relative to its folder, made absolute before anything reads them."""
    content = {**content}
    modalities = content.get("modalities")
    if isinstance(modalities, dict):
        content["modalities"] = {name: _modality_paths(config, base) for name, config in modalities.items()}
    if isinstance(content.get("workspace"), str):
        content["workspace"] = from_folder(base, content["workspace"])
    if isinstance(content.get("generate"), dict):
        content["generate"] = _generate_paths(content["generate"], base)
    ensemble = content.get("evaluate")
    if isinstance(ensemble, dict) and isinstance(ensemble.get("ensemble"), dict):
        scores = {name: absolute_path(base, str(path)) for name, path in ensemble["ensemble"].items()}
        content["evaluate"] = {**ensemble, "ensemble": scores}
    return content


def _modality_paths(config: Any, base: Path) -> Any:
    if not isinstance(config, dict):
        return config
    config = {**config}
    labels = config.get("labels")
    if isinstance(labels, str) and absolute_path(base, labels).is_file():
        config["labels"] = str(absolute_path(base, labels))
    for part in ("data", "validation"):
        if isinstance(config.get(part), dict):
            named = config[part].items()
            config[part] = {k: absolute_path(base, v) if k in _PATHS and isinstance(v, str) else v for k, v in named}
    return config


def _generate_paths(config: dict, base: Path) -> dict:
    config = {**config}
    if isinstance(config.get("model"), str):
        config["model"] = _if_there(base, config["model"])
    if isinstance(config.get("vllm"), dict) and isinstance(config["vllm"].get("python"), str):
        config["vllm"] = {**config["vllm"], "python": absolute_path(base, config["vllm"]["python"])}
    if isinstance(config.get("imports"), dict):
        imports = config["imports"] = {**config["imports"]}
        for part, absolute in (("files", absolute_path), ("find", _if_there)):
            if isinstance(imports.get(part), dict):
                named = imports[part].items()
                imports[part] = {m: absolute(base, text) if isinstance(text, str) else text for m, text in named}
    return config


def _if_there(base: Path, text: str) -> str:
    """The absolute path of what lies there; a name of something else (a label set, a hub id) as it is."""
    return str(absolute_path(base, text)) if absolute_path(base, text).exists() else text
