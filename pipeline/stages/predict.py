"""Classify a user's own files with a finished run."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.datasets.aside import summary
from pipeline.datasets.given import given_files
from pipeline.devices import check_device_name
from pipeline.labels import Candidates, Column
from pipeline.methods.taam_cpt.prompts import class_prompts
from pipeline.recipe.decoding import card_of
from pipeline.runs import find_run
from pipeline.training.checkpoint import Checkpoints
from stores import Store
from stores.address import Location, is_remote

if TYPE_CHECKING:
    from pipeline.predict import Prediction


def predict(
    run: str,
    workspace: Location,
    files: Sequence[Path],
    device: str,
    top: int,
    say: Callable[[str], None] = lambda text: None,
) -> "list[Prediction]":
    """The most probable classes of each file, and of those in folders; a file that cannot be read has an error instead.

    Args:
        run: name of its recipe, or its folder.
        workspace: where it lies.
        files: files and folders.
        device: where encoders run.
        top: classes a file.
        say: is told what lies in the folders and is not judged.

    Raises:
        RunError: there is no such run, or it is not trained.
    """
    from pipeline.predict import predict_files

    check_device_name(device)
    folder, record = find_run(run, workspace)
    store = Store((folder if is_remote(folder) else folder.resolve()).parents[1])
    artifact = store.find(record.artifacts["checkpoint"])
    checkpoints = Checkpoints(artifact)
    candidates = Candidates(tuple(Column(modality, label) for modality, label in record.columns))
    prompts = class_prompts(checkpoints.arrays(checkpoints.last_epoch() or 0))
    classifiers = {m: (candidates.labels(m), prompts[m][candidates.indices(m)]) for m in candidates.modalities}
    asked = {m: record.recipe["modalities"][m] for m in candidates.modalities}
    preset = record.recipe.get("train", {}).get("preset")
    cards = {m: card_of(m, config["encoder"], config.get("media", {}), preset) for m, config in asked.items()}
    compute = record.recipe.get("cache", {}).get("compute", "float32")
    found, aside = given_files(files, classifiers)
    if aside:
        say(f"not judged: {summary(aside)}")
    return predict_files(classifiers, cards, found, device=device, compute=compute, top=top)
