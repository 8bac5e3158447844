"""The rounds of queries that a configuration asks about a label set."""

from collections.abc import Sequence

from pipeline.text.asking import answer_size, labels_together
from pipeline.text.config import GenerateConfig
from pipeline.text.errors import TextError
from pipeline.text.ledger import Rounds

__all__ = ["rounds_of"]


def rounds_of(config: GenerateConfig, modality: str, labels: Sequence[str]) -> Rounds:
    """The queries about a label set, round by round.

    Raises:
        TextError: There are no labels.
    """
    if not labels:
        raise TextError(f"generate: there are no {modality} labels to write about. Name some: labels: [cat, dog]")
    return Rounds(
        seed=config.seed,
        modality=modality,
        labels=tuple(dict.fromkeys(labels)),
        max_labels=labels_together(config, modality),
        quota=config.quota(modality),
        max_rounds=1 if config.engine == "templates" else config.max_rounds,  # there are no more of them
        answer_size=answer_size(config, modality),
    )
