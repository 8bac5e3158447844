"""What a report shows of the inside of learned methods, with the recipe's first seed."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.encoders.encoder import Encoder
from pipeline.encoders.errors import EncoderError
from pipeline.methods.prompt.config import PromptConfig
from pipeline.report.few_shot import AttentionRow, Confidences, Seen
from pipeline.runner.worker_state import load_encoder
from pipeline.sources.specs import source_artifact, source_name
from pipeline.tasks.few_shot.attention import attention_maps
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.confidence import confidences
from pipeline.tasks.few_shot.files import Labelled, spread
from pipeline.tasks.few_shot.learn import Trained, learn
from pipeline.tasks.few_shot.recipe import needs_images
from pipeline.tasks.few_shot.specs import views_of
from stores import Artifact

_TEST_SETS, _IMAGES = 2, 3  # of the attention figure: six lines fill a screen


@dataclass
class Looks:
    """What is seen, and the artifacts that keep it."""

    seen: Seen
    artifacts: list[Artifact] = field(default_factory=list)


def looks(task: BoundFewShot, keep: Callable[[Artifact], None]) -> Looks:
    """Compute what is missing and read the rest.

    Args:
        task: a recipe whose methods are learned.
        keep: given every artifact at once, so that nobody takes it for garbage.
    """
    seed = task.recipe.seeds[0]
    encoder = load_encoder(task.card, task.device, task.recipe.cache.compute)
    trained = {name: learn(task, encoder, config, seed) for name, config in task.recipe.methods.items()}
    artifacts: list[Artifact] = []

    def kept(artifact: Artifact) -> None:
        keep(artifact)
        artifacts.append(artifact)

    sure = _confidences(task, encoder, trained, kept)
    attention, why_none = [], None
    try:
        for name in task.test_sets[:_TEST_SETS]:
            attention += _attention(task, encoder, trained, name, spread(task.judged(name), _IMAGES), kept)
    except EncoderError as error:
        why_none = f"None can be shown: {error}."
    shots: dict[str, list[str]] = {}
    for row in task.shots(seed).rows:
        shots.setdefault(row.labels[0], []).append(row.path)
    return Looks(Seen(seed, sure, attention, shots, why_none), artifacts)


def _confidences(
    task: BoundFewShot, encoder: Encoder, trained: dict[str, Trained], kept: Callable[[Artifact], None]
) -> dict[str, dict[str, Confidences]]:
    """Of every ProMPT: other methods have one iteration."""
    found: dict[str, dict[str, Confidences]] = {}
    for name, config in task.recipe.methods.items():
        if isinstance(config, PromptConfig):
            for test_set in task.test_sets:
                each, artifact = confidences(task, encoder, config, trained[name], test_set)
                found.setdefault(name, {})[test_set] = each
                kept(artifact)
    return found


def _attention(
    task: BoundFewShot,
    encoder: Encoder,
    trained: dict[str, Trained],
    test_set: str,
    chosen: Labelled,
    kept: Callable[[Artifact], None],
) -> list[AttentionRow]:
    """A row an image; none where no method puts prompts into the image tower.

    Raises:
        EncoderError: the tower does not tell its attention.
    """
    maps: dict[str, NDArray[np.float32]] = {}
    for name, config in task.recipe.methods.items():
        if not needs_images(config):
            continue
        found, artifact = attention_maps(task, encoder, config, trained[name], chosen)
        kept(artifact)
        maps.setdefault("no prompts", found[:, 0])
        for n in range(1, found.shape[1]):
            maps[f"{name}, {n}" if found.shape[1] > 2 else name] = found[:, n]
    pictures = _pictures(task, chosen)
    return [
        AttentionRow(test_set, row.labels[0], pictures[i], {title: each[i] for title, each in maps.items()})
        for i, row in enumerate(chosen.rows)
        if maps
    ]


def _pictures(task: BoundFewShot, chosen: Labelled) -> NDArray[np.uint8]:
    """The images (n, S, S, 3) as the tower sees them."""
    spec = views_of(task, training=False)
    stored = task.store.artifact(source_artifact(spec)).arrays([row.key for row in chosen.rows])
    return np.asarray(stored[source_name(spec)])
