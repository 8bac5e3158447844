"""Queries that ship with the package, by purpose and modality: what a language model may be asked about a class.

The paper's asks for five sentences at once. A small model counts sentences and talks about them then, so the others ask for one
short sentence that is about the class itself. Where a purpose has several wordings, the queries of a class take them in turn.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pipeline.text.template import MOST_LABELS, PAPER_TEMPLATE

__all__ = ["PAPER", "QUERIES", "QueryName", "ShippedQuery"]

QueryName = Literal["paper", "scenes", "looks", "definitions", "kinds"]
PAPER: QueryName = "paper"


@dataclass(frozen=True)
class ShippedQuery:
    """One purpose.

    Attributes:
        about: What its sentences tell.
        wordings: The templates of each modality, taken in turn.
        sentences: How many sentences one answer should have.
        together: Whether a query may name several labels; else each names one.
    """

    about: str
    wordings: Mapping[str, tuple[str, ...]]
    sentences: int = 1
    together: bool = False


QUERIES: Mapping[QueryName, ShippedQuery] = {
    "paper": ShippedQuery(
        "five sentences that describe an image, a sound, a video or a text (TaAM-CPT, section 3.1)",
        dict.fromkeys(MOST_LABELS, (PAPER_TEMPLATE,)),
        sentences=5,
        together=True,
    ),
    "scenes": ShippedQuery(
        "what else is there, and what happens",
        {
            "image": ("Write one sentence of at most 12 words about a photo that shows {labels}.",),
            "video": ("Write one sentence of at most 12 words about a video that shows {labels}.",),
            "audio": ("Write one sentence of at most 12 words about a place where one hears {labels}.",),
            "text": ("Write one sentence of at most 12 words about {labels}.",),
        },
        together=True,
    ),
    "looks": ShippedQuery(
        "what it looks or sounds like",
        {
            "image": ("Write one sentence of at most 12 words about what {labels} looks like.",),
            "video": ("Write one sentence of at most 12 words about how {labels} moves.",),
            "audio": ("Write one sentence of at most 12 words about the sound of {labels}.",),
            "text": ("Write a simple sentence with the word {labels}.",),
        },
    ),
    "definitions": ShippedQuery(
        "what the name means",
        dict.fromkeys(
            MOST_LABELS,
            ("Define the word {labels} in one sentence.", "What is {labels}? Answer in one short sentence."),
        ),
    ),
    "kinds": ShippedQuery(
        "kinds and examples of it",
        dict.fromkeys(
            MOST_LABELS,
            ("Write one sentence of at most 12 words about a kind of {labels}.",),
        ),
    ),
}
"""By name."""
