"""Which sentences an extension learns from when the old rows are frozen: ten new labels cost ten labels (law 7).

The sentences of the new columns, and in every modality as many old ones: they are the negatives that keep a new row from
growing into an old class. The old rows do not move, so more of the old sentences would only cost time.
"""

from collections.abc import Collection, Mapping, Sequence

from pipeline.labels import Column
from pipeline.text.select import Sentence


def sentences_to_learn(
    sentences: Mapping[str, Sequence[Sentence]], added: Collection[Column]
) -> dict[str, list[Sentence]]:
    """Modality -> the sentences that carry an added column, and as many of the others as there are new ones at most anywhere.

    The old ones are those with the smallest keys: keys are hashes, so this is a fair sample and always the same one.
    """
    new = {
        modality: [any(Column(modality, label) in added for label in s.labels) for s in found]
        for modality, found in sentences.items()
    }
    count = max(sum(marks) for marks in new.values())
    chosen = {}
    for modality, found in sentences.items():
        old = sorted(s.key for s, is_new in zip(found, new[modality], strict=True) if not is_new)
        replayed = set(old[:count])
        marked = zip(found, new[modality], strict=True)
        chosen[modality] = [s for s, is_new in marked if is_new or s.key in replayed]
    return chosen
