"""A corpus of the paper's shape with random features: 400 actions, 80 objects and 50 sounds, 512 dimensions.

M: sentences of all modalities together, d: width of the shared space.
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pipeline.labels import Candidates
    from pipeline.methods.taam_cpt.training import Corpus

DIM = 512
BATCH = 768
_MAX_LABELS = {"video": 2, "image": 3, "audio": 3}


def paper_candidates() -> "Candidates":
    """Kinetics-400, MS-COCO and ESC-50: 530 columns."""
    from pipeline.labels import Candidates, load_labels

    return Candidates.of(
        {m: load_labels(n) for m, n in (("video", "kinetics400"), ("image", "coco"), ("audio", "esc50"))}
    )


def random_corpus(candidates: "Candidates", sentences: int) -> "Corpus":
    """M sentences, a third of each modality, with 1-2 or 1-3 labels, and as many class names as there are columns."""
    from pipeline.methods.taam_cpt.texts import text_batch
    from pipeline.methods.taam_cpt.training import Corpus

    rng = np.random.default_rng(0)
    texts, held_out = {}, {}
    for modality in candidates.modalities:
        columns, count = candidates.indices(modality), sentences // len(candidates.modalities)
        sizes = rng.integers(1, _MAX_LABELS[modality] + 1, count)
        labels = [rng.choice(columns, size, replace=False).tolist() for size in sizes]
        features = rng.standard_normal((count, DIM), np.float32).astype(np.float16)
        texts[modality] = text_batch(features, labels)
        held_out[modality] = text_batch(features[:0], [])
    names = {m: rng.standard_normal((len(candidates), DIM), np.float32) for m in candidates.modalities}
    return Corpus(texts, held_out, names)
