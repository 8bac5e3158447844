"""Sentences of a class that is called otherwise from now on: each is kept with the new name in the place of the old one.

What a query brought stands under the same number of the new class, so nothing of it is asked again; where a sentence cannot carry
the new name it is left behind, and the class may then lack it. The sentences with the old name stay in the store.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.text.answers import schema
from pipeline.text.config import GenerateConfig
from pipeline.text.errors import TextError
from pipeline.text.filters import carries
from pipeline.text.queries import Query, sentence_slot
from pipeline.text.spec import texts_spec
from stores import Artifact, Rejection, Store, text_key

_VOWEL = re.compile(r"[aeiou]", re.IGNORECASE)


@dataclass(frozen=True)
class Rewritten:
    """What became of the sentences of a class.

    Attributes:
        sentences: that carry the new name from now on.
        left: that cannot carry it.
    """

    sentences: int
    left: int


def rewrite_texts(store: Store, config: GenerateConfig, modality: str, old: str, new: str) -> Rewritten:
    """Write the sentences of a class again under its new name; those that are there already are not written twice.

    Raises:
        TextError: the sentences are somebody's own.
        LockHeld: another process is writing these texts.
    """
    if config.engine == "import":
        raise TextError(
            f"classes rename: the {modality} sentences are imported, and are yours: write {new!r} for {old!r} in their file "
            "and in the label file, then: mmpt-pipeline run RECIPE"
        )
    artifact = store.artifact(texts_spec(config, modality))
    if not artifact.exists:
        return Rewritten(0, 0)
    with artifact.writer() as writer:
        keys, rows, left = _sentences(artifact, config, old, new)
        refused = _refusals(artifact, modality, old, new)
        fresh = set(artifact.missing(keys))
        if fresh or refused:
            import pyarrow as pa

            kept = [row for key, row in zip(keys, rows, strict=True) if key in fresh]
            table = pa.Table.from_pylist(kept, schema())
            writer.publish([key for key in keys if key in fresh], table if kept else None, rejected=refused)
    return Rewritten(len(keys), left)


def _sentences(artifact: Artifact, config: GenerateConfig, old: str, new: str) -> tuple[list[str], list[dict], int]:
    """Keys and rows under the new name, and how many sentences cannot carry it."""
    rows: dict[str, dict] = {}
    left = 0
    for row in artifact.table(schema().names).to_pylist():
        del row["key"]
        if old not in row["labels"]:
            continue
        text = called(row["text"], old, new)
        labels = [new if label == old else label for label in row["labels"]]
        if text == row["text"] or (config.must_name and not carries(text, labels)):
            left += 1
            continue
        anchor = new if row["anchor"] == old else row["anchor"]
        rows.setdefault(text_key(text), {**row, "text": text, "labels": labels, "anchor": anchor})
    return list(rows), list(rows.values()), left


def _refusals(artifact: Artifact, modality: str, old: str, new: str) -> list[Rejection]:
    """What was not kept of the old class's queries, under the new name: a query that was answered stays so."""
    known = {rejection.key for rejection in artifact.rejected()}
    found: dict[str, Rejection] = {}
    for rejection in artifact.rejected():
        labels = rejection.detail["labels"].split("\n")
        if old not in labels:
            continue
        renamed = tuple(new if label == old else label for label in labels)
        anchor = new if rejection.detail["anchor"] == old else rejection.detail["anchor"]
        asked = Query(modality, anchor, int(rejection.detail["query"]), renamed, 0)
        detail = {**rejection.detail, "anchor": anchor, "labels": "\n".join(renamed)}
        key = sentence_slot(asked, _slot(rejection))
        if key not in known:
            found.setdefault(key, replace(rejection, key=key, detail=detail))
    return list(found.values())


def _slot(rejection: Rejection) -> int:
    """A number that tells rejected rows of one query apart, and is the same each time."""
    return int(rejection.key[:8], 16)


def called(text: str, old: str, new: str) -> str:
    """A sentence with a class's new name; as it is where it does not hold the old one.

    The name is met in any case, with blanks, hyphens or underscores between its words, and in a plural of s or es. A capital at
    its beginning stays one, and "a" becomes "an" where that is said.
    """
    return _pattern(old).sub(lambda found: _said(found, old, new), text)


def _pattern(name: str) -> "re.Pattern[str]":
    words: Sequence[str] = [re.escape(word) for word in re.split(r"[\s_-]+", name) if word]
    name = r"[\s_-]+".join(words)
    return re.compile(rf"(?:\b(an?)(\s+))?(?<!\w)({name})(e?s)?(?!\w)", re.IGNORECASE)


def _said(found: "re.Match[str]", old: str, new: str) -> str:
    article, gap, was, plural = found.groups()
    capital = was[:1].isupper() and old[:1].islower()
    name = new[:1].upper() + new[1:] if capital else new
    if plural and not name.endswith("s"):
        name += "es" if name.endswith(("x", "z", "ch", "sh")) else "s"
    if article is None:
        return name
    said = "an" if _VOWEL.match(new) else "a"
    return f"{said.capitalize() if article[:1].isupper() else said}{gap}{name}"
