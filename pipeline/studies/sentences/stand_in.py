"""Stand-ins from the miniature world, so that a study can be tried, and is tested, without its data sets and weights.

The figures then say that the study runs, and nothing else.
"""

import csv
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.miniature.world.classes import AUDIO_CLASSES, IMAGE_CLASSES, VIDEO_CLASSES
from pipeline.studies.sentences.changes import merged
from pipeline.tasks.sentences.bound import BoundSentences
from stores.address import local_side

_ENCODERS = {"video": "miniature-viclip", "image": "miniature-clip", "audio": "miniature-clap"}
_CLASSES = {"video": VIDEO_CLASSES, "image": IMAGE_CLASSES, "audio": AUDIO_CLASSES}
_PER_CLASS, _SENTENCES, _SMALLER = 3, 20, 3
_TRAIN = {"epochs": 2, "batch_size": 64}


def stand_in(content: Mapping[str, Any], workspace: Path) -> dict[str, Any]:
    """A recipe's content on the miniature world: a third of the labels where they are listed, few sentences and epochs."""
    modalities = {name: _modality(name, config) for name, config in content["modalities"].items()}
    sentences = content.get("generate", {}).get("sentences_per_class", _SENTENCES)
    fewer = (
        {name: min(count, _SENTENCES) for name, count in sentences.items()}
        if isinstance(sentences, Mapping)
        else min(sentences, _SENTENCES)
    )
    result = merged({**content, "modalities": modalities}, {"train": _TRAIN})
    result["generate"] = {"engine": "deterministic", "sentences_per_class": fewer}
    scores = content.get("evaluate", {}).get("ensemble", {})
    if scores:
        here = {name: str(_scores_file(workspace, name, Path(path).stem)) for name, path in scores.items()}
        result["evaluate"] = {**content["evaluate"], "ensemble": here}
    return result


def write_external_scores(context: BoundSentences) -> None:
    """Write a stand-in for every table of another model's scores that the recipe names: the truth, and noise."""
    for modality, path in context.recipe.evaluate.ensemble.items():
        labels = context.candidates.labels(modality)
        path.parent.mkdir(parents=True, exist_ok=True)
        chance = random.Random(path.stem)
        with path.open("w", newline="") as file:
            table = csv.writer(file)
            table.writerow(["path", *labels])
            for row in context.sources[modality].rows:
                table.writerow([row.path, *(round((name in row.labels) + chance.random(), 4) for name in labels)])


def _modality(name: str, config: Mapping[str, Any]) -> dict[str, Any]:
    classes = _CLASSES[name]
    listed = config["labels"] if isinstance(config["labels"], list) else None
    labels = f"miniature-{name}" if listed is None else list(classes[: max(2, len(listed) // _SMALLER)])
    data = {"layout": "miniature", "seed": 1000, "per_class": _PER_CLASS}
    return {"labels": labels, "encoder": _ENCODERS[name], "data": data}


def _scores_file(workspace: Path, modality: str, stem: str) -> Path:
    return local_side(workspace) / "stand-ins" / modality / f"{stem}.csv"
