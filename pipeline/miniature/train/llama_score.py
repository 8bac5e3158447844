"""Pass rates of a miniature LLaMA: the share of its sentences that the generate stage keeps.

Seen names are the classes of the miniature world; unseen ones are label-set names that training never showed.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from pipeline.miniature.train.llama_names import WORLD_NAMES, held_out_names
from pipeline.telemetry.progress import Progress
from pipeline.text.config import GenerateConfig
from pipeline.text.generate import generate_texts
from pipeline.text.summary import GenerateSummary
from stores import Store

__all__ = ["pass_rate", "score_llama", "spread"]


def score_llama(
    folder: Path,
    *,
    names: int = 32,
    sentences: int = 30,
    device: str = "auto",
    progress: Progress | None = None,
) -> dict[str, float]:
    """Write sentences for seen and unseen names of every modality with the weights in a folder.

    Args:
        folder: Weights in the layout of transformers.
        names: Most names of a modality, seen and unseen each.
        sentences: Sentences asked for of every name; kept and rejected together.
        device: Where the model runs.
        progress: Where to show how far it is.

    Returns:
        Kept share of the sentences written, 0 to 1: `seen`, `unseen`, and both for each modality, e.g. `seen_image`.
    """
    scores: dict[str, float] = {}
    for kind, known in (("seen", WORLD_NAMES), ("unseen", held_out_names())):
        done = [
            pass_rate(folder, modality, spread(chosen, names), sentences=sentences, device=device, progress=progress)
            for modality, chosen in known.items()
        ]
        scores |= {f"{kind}_{each.modality}": round(each.pass_rate, 4) for each in done}
        scores[kind] = round(sum(each.accepted for each in done) / max(sum(each.sentences for each in done), 1), 4)
    return scores


def spread(names: Sequence[str], count: int) -> tuple[str, ...]:
    """At most `count` of the names, evenly spread over the list: the first ones all begin with a capital A."""
    return tuple(names[i * len(names) // count] for i in range(count)) if len(names) > count else tuple(names)


def pass_rate(
    folder: Path,
    modality: str,
    names: Sequence[str],
    *,
    sentences: int = 30,
    device: str = "auto",
    progress: Progress | None = None,
) -> GenerateSummary:
    """One round of the generate stage for some names; see the summary's `pass_rate`.

    Args:
        folder: Weights in the layout of transformers.
        modality: Of the names.
        names: Class names.
        sentences: Sentences asked for of every name; kept and rejected together.
        device: Where the model runs.
        progress: Where to show how far it is.
    """
    config = GenerateConfig(model=str(folder), sentences_per_class=sentences, max_rounds=1)
    with tempfile.TemporaryDirectory() as workspace:
        return generate_texts(Store(workspace), config, modality, names, device=device, progress=progress)
