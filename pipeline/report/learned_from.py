"""What the encoder made of each class's sentences."""

from pipeline.evaluation import ModalityResult
from pipeline.report.html import Markup, details, table, tag

_SHOWN = 12


def learned_from_section(modality: ModalityResult) -> Markup | None:
    """Sentences a class, those that the encoder gives to another class first; None where nothing was said of them."""
    used = modality.learned_from
    if used is None or not used.sentences:
        return None
    rows = sorted(used.classes, key=lambda each: (-_strange(each.dropped, each.sentences), each.sentences, each.label))
    cells = [
        [each.label, f"{each.sentences:,}", f"{each.dropped:,}", _first(each.examples)]
        for each in rows
    ]  # fmt: skip
    head = ["class", "sentences", "dropped", "for example, and the class that the encoder takes it for"]
    kept = used.sentences - used.dropped
    told = f"{kept:,} of {used.sentences:,} sentences are learned from" if used.filtered else "all are learned from"
    told += f"; the names alone find {100 * used.recognised:.0f} % of their classes"
    whole = table(head, cells, numeric=[1, 2])
    return tag(
        "div",
        tag("h3", modality.modality, tag("small", told)),
        table(head, cells[:_SHOWN], numeric=[1, 2]),
        details(f"All {len(cells):,} classes", whole) if len(cells) > _SHOWN else None,
    )


def _strange(dropped: int, sentences: int) -> float:
    return dropped / sentences if sentences else 2.0  # a class without any comes first


def _first(examples: tuple[tuple[str, str], ...]) -> str:
    return f"{examples[0][0]} → {examples[0][1]}" if examples else ""
