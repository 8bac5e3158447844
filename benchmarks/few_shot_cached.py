"""A few-shot recipe learned from the store, against the same loop that opens, crops and encodes every file in every step.

Both run the same training loop in the miniature world, so that only the batches differ: stored views, features and patches,
or what the image tower makes of a file's crop in that step. Making the store is part of our time. CoOp reads nothing but
features of images; ProMPT's prompted passes are the same on both sides.
"""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from side_by_side import Claim, Finding, ratio, shown, tell

if TYPE_CHECKING:
    from pipeline.encoders.encoder import Encoder
    from pipeline.methods.few_shot.task import Shots
    from pipeline.tasks.few_shot.bound import BoundFewShot
    from pipeline.tasks.few_shot.files import Labelled

CLAIM = Claim("a few-shot recipe (CoOp and ProMPT, miniature CLIP), losses equal to 1e-5: nothing cached / cached", 1.3)
SHOTS, VIEWS, BATCH = 4, 4, 4
METHODS: dict[str, dict[str, Any]] = {
    "coop": {"epochs": 20, "batch_size": BATCH},
    "prompt": {"epochs": 4, "batch_size": BATCH, "depth": 3},
}


def measure(rounds: int) -> Finding:
    from pipeline.runner.worker_state import holding_encoder, load_encoder

    times: dict[str, list[float]] = {f"{name}, {way}": [] for way in ("nothing cached", "cached") for name in METHODS}
    largest = 0.0
    for number in range(rounds + 1):
        with tempfile.TemporaryDirectory() as folder, holding_encoder():
            task = _task(Path(folder))
            task.shots(1)  # draws the files
            encoder = load_encoder(task.card, task.device, task.recipe.cache.compute)
            for name in METHODS:
                taken, losses = {}, {}
                for way, learn in (("nothing cached", _from_files), ("cached", _from_store)):
                    start = time.perf_counter()
                    losses[way] = learn(task, encoder, name)
                    taken[way] = time.perf_counter() - start
                pairs = zip(losses["nothing cached"], losses["cached"], strict=True)
                largest = max(largest, *(abs(a - b) for a, b in pairs))
                for way, seconds in taken.items():
                    times[f"{name}, {way}"] += [seconds] if number else []
    totals = {
        way: [sum(each) for each in zip(*(times[f"{name}, {way}"] for name in METHODS), strict=True)]
        for way in ("nothing cached", "cached")
    }
    rows = {name: shown(seconds) for name, seconds in (times | totals).items()}
    ratios = {name: ratio(times[f"{name}, nothing cached"], times[f"{name}, cached"]) for name in METHODS}
    notes = [f"{name}: {each:.2f} x" for name, each in ratios.items()]
    notes.append(
        f"{SHOTS} shots of 8 classes in {VIEWS} views, CoOp 20 epochs, ProMPT 4; losses differ by {largest:.1e} at most"
    )
    return Finding(ratio(totals["nothing cached"], totals["cached"]), rows, notes=notes, sound=largest <= 1e-5)


def _task(workspace: Path) -> "BoundFewShot":
    from pipeline.tasks.few_shot.bound import BoundFewShot
    from pipeline.tasks.few_shot.recipe import FewShotRecipe
    from pipeline.telemetry.progress import Progress

    data = {"layout": "miniature-shapes", "train_per_class": SHOTS, "test_per_class": 1}
    content = {"name": "cached", "encoder": "miniature-clip", "data": data, "shots": SHOTS, "seeds": [1]}
    content |= {"views": VIEWS, "methods": METHODS, "cache": {"workers": 0}, "workspace": workspace}
    return BoundFewShot(FewShotRecipe.model_validate(content), "cpu", Progress.silent())


def _from_store(task: "BoundFewShot", encoder: "Encoder", name: str) -> list[float]:
    from pipeline.tasks.few_shot.learn import learn
    from pipeline.training.checkpoint import Checkpoints

    fingerprint = learn(task, encoder, task.recipe.methods[name], 1).fingerprint
    return Checkpoints(task.store.artifact(task.store.find(fingerprint).spec)).history()["loss"]


def _from_files(task: "BoundFewShot", encoder: "Encoder", name: str) -> list[float]:
    import torch

    from pipeline.methods.baselines.text_prompts import CoOp
    from pipeline.methods.few_shot.objective import Objective
    from pipeline.methods.few_shot.task import ClassTexts, Towers
    from pipeline.methods.prompt.model import ProMPT
    from pipeline.training.checkpoint import Checkpoints
    from pipeline.training.loop import fit, learned_of
    from stores import ArtifactSpec, Store

    config, found = task.recipe.methods[name], task.shots(1)
    image, text = encoder.prompted_image, encoder.prompted_text
    assert image is not None and text is not None
    towers = Towers(text, image, "patches")
    ids = encoder.collate(encoder.tokenize(task.prompts(found, own=False)))
    classes = ClassTexts(encoder.text.full(ids).detach(), text.classes(found.classes))
    learner = {"coop": CoOp, "prompt": ProMPT}[name](config, towers, task.card.dim, 1)
    objective = Objective(learner, classes)
    batches = _FileBatches(task, encoder, found, torch.tensor(found.labels), tokens=name == "prompt")
    with tempfile.TemporaryDirectory() as folder:
        artifact = Store(folder).artifact(ArtifactSpec(kind="prompts", fields={}, backend="blob"))
        with artifact.writer() as writer:
            checkpoints = Checkpoints(artifact, writer)
            learned = learned_of(objective, config.fit)
            fit(objective, learned, batches, config.fit, checkpoints, task.progress)
        return checkpoints.history()["loss"]


@dataclass(frozen=True)
class _FileBatches:
    """The order of `ShotBatches`; every image is opened, cropped and encoded where it is needed."""

    task: "BoundFewShot"
    encoder: "Encoder"
    found: "Labelled"
    labels: Any
    tokens: bool

    def __len__(self) -> int:
        return len(self.labels) // BATCH

    def epoch(self, epoch: int) -> "Iterator[Shots]":
        import numpy as np
        import torch

        from pipeline.methods.few_shot.task import Shots

        image = self.encoder.prompted_image
        assert image is not None
        order = torch.randperm(len(self.labels), generator=torch.Generator().manual_seed(1_000_003 + epoch))
        for start in range(0, len(self) * BATCH, BATCH):
            rows = order[start : start + BATCH]
            pixels = np.stack([self._crop(self.found.rows[row].path, (epoch - 1) % VIEWS) for row in rows.tolist()])
            with torch.no_grad():
                features = image.full(pixels)
                tokens = image.lower(pixels, "patches") if self.tokens else {}
            yield Shots(features, tokens, self.labels[rows])

    def _crop(self, path: str, view: int) -> Any:
        """One view alone: `augmented_views` would make all that are stored."""
        from pipeline.media.image import open_image
        from pipeline.sources.augmented import _generator, _view
        from pipeline.sources.view_specs import AugmentedViewsSpec
        from pipeline.tasks.few_shot.specs import views_of
        from stores import file_key

        spec = views_of(self.task, training=True)
        assert isinstance(spec, AugmentedViewsSpec)
        with open_image(path) as image:
            picture = image.convert("RGB")
        return _view(picture, _generator(spec.seed, file_key(path), view), spec)


if __name__ == "__main__":
    tell(CLAIM, measure, rounds=3)
