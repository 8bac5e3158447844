"""Which of the kept sentences a label set learns from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.labels.names import Names
from stores import Artifact


@dataclass(frozen=True)
class Sentence:
    """A kept sentence.

    Attributes:
        key: Of its text.
        text: The sentence.
        labels: Class names that it carries, in the order in which the query listed them.
        anchor: The class that it was written for, one of the labels.
    """

    key: str
    text: str
    labels: tuple[str, ...]
    anchor: str


def select_texts(artifact: Artifact, labels: Sequence[str], quota: int) -> list[Sentence]:
    """The sentences of a label set: those that carry none but its labels, at most `quota` for every class.

    They come class by class in the order of the labels, and by query number within a class, so that a later
    run with more labels only adds sentences. Imported sentences keep those of their labels that are in the label set,
    by the rule of `pipeline.labels.names`, and count for the first of them.

    Args:
        artifact: Of kind "texts".
        labels: The label set.
        quota: Most sentences of one anchor class.

    Raises:
        AmbiguousName: An imported label is spelled as no class is, and two are near.
    """
    allowed, imported = set(labels), artifact.spec.fields.get("engine") == "import"
    names = Names(labels)
    chosen: dict[str, list[tuple[int, int, Sentence]]] = {label: [] for label in labels}
    columns = ["text", "labels", "anchor", "query", "sentence"]
    for row in artifact.table(columns).to_pylist() if artifact.exists else []:
        if imported:
            known = known_labels(names, row["labels"])
        else:  # what was written for a class carries its name as it was spelled then
            known = tuple(label for label in row["labels"] if label in allowed)
        if imported and known:
            chosen[known[0]].append((row["query"], 0, Sentence(row["key"], row["text"], known, known[0])))
        elif row["anchor"] in allowed and len(known) == len(row["labels"]):
            sentence = Sentence(row["key"], row["text"], known, row["anchor"])
            chosen[row["anchor"]].append((row["query"], row["sentence"], sentence))
    ordered = (sorted(rows, key=lambda row: row[:2])[:quota] for rows in chosen.values())
    return [sentence for rows in ordered for _, _, sentence in rows]


def known_labels(names: Names, labels: Iterable[str]) -> tuple[str, ...]:
    """The classes that somebody else's labels mean, each once, in their order; others are dropped.

    Raises:
        AmbiguousName: A label is spelled as no class is, and two classes are near.
    """
    return tuple(dict.fromkeys(found for label in labels if (found := names.find(label)) is not None))
