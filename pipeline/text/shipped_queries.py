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
            "image": (
                "Write a simple sentence about a photo of {labels}.",
                "Describe a photo of {labels} in one short sentence.",
            ),
            "video": ("Write a simple sentence about a video of {labels}.",),
            "audio": ("Write a simple sentence about the sound of {labels}.",),
            "text": ("Write one sentence of at most 12 words about {labels}.",),
        },
        together=True,
    ),
    "looks": ShippedQuery(
        "what it looks or sounds like",
        {
            "image": ("What does {labels} look like? Answer in one short sentence.",),
            "video": (
                "What does a person do in a video of {labels}? Answer in one short sentence.",
                "What does {labels} look like? Answer in one short sentence.",
            ),
            "audio": (
                "Write one sentence of at most 12 words about the sound of {labels}.",
                "What does {labels} sound like? Answer in one short sentence.",
            ),
            "text": ("How does one recognise {labels}? Answer in one short sentence.",),
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
            (
                "Give an example of {labels}. Answer in one short sentence.",
                "Write a simple sentence about a kind of {labels}.",
            ),
        ),
    ),
}
"""By name."""
