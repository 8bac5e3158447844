"""An engine without a model: sentences put together from word lists, for tests and dry runs.

Its answers are as untidy as a language model's now and then: a chatty opening, a sentence without its label,
one cut off.
"""

import random
from collections.abc import Sequence

from pipeline.text.engines.base import Answer, Request
from pipeline.text.template import labels_text

__all__ = ["DIGEST", "DeterministicEngine"]

DIGEST = "deterministic-1"
"""Raised whenever an answer changes."""

_SENTENCES = 5
_STARTS = ("There is", "We notice", "Here comes", "Somebody found", "Look at", "The scene holds", "Nothing but")
_WORDS = "small large tiny big bright dark plain faint distant loud quiet slow fast clear".split()
_ENDS = (
    "on the left",
    "on the right",
    "near the top",
    "at the bottom",
    "in the center",
    "in the corner",
    "far away",
    "nearby",
    "in the evening",
    "at noon",
    "for a long time",
    "again and again",
    "in front of us",
    "without a pause",
)


class DeterministicEngine:
    """Writes five sentences about the labels that a query lists."""

    def __init__(self, templates: str | Sequence[str], modality_words: Sequence[str]):
        """Answer queries of one template, or of several.

        Args:
            templates: Text with `{modality}` and `{labels}`.
            modality_words: All that it may call the medium.
        """
        self._templates = [templates] if isinstance(templates, str) else list(templates)
        self._modality_words = modality_words

    def generate(self, requests: Sequence[Request]) -> list[Answer]:
        """Answer all requests, in their order."""
        return [self._answer(request) for request in requests]

    def _answer(self, request: Request) -> Answer:
        rng = random.Random(f"{request.seed} {request.prompt}")
        labels = self._labels(request.prompt)
        sentences = [_sentence(rng, labels) for _ in range(_SENTENCES)]
        if rng.random() < 0.1:
            sentences[rng.randrange(_SENTENCES)] = _sentence(rng, labels[1:])
        text = "\n".join(f"{number}. {sentence}" for number, sentence in enumerate(sentences, 1))
        if rng.random() < 0.1:
            text = "Sure! Here are five sentences:\n" + text
        cut = rng.random() < 0.1
        return Answer("\n" + (text.rsplit(" ", 2)[0] if cut else text), cut)

    def _labels(self, prompt: str) -> list[str]:
        found = (labels_text(each, word, prompt) for each in self._templates for word in self._modality_words)
        return [label.strip() for label in next(filter(None, found), "").split(",")]


def _sentence(rng: random.Random, labels: list[str]) -> str:
    order = rng.sample(labels, len(labels))
    things = [f"the {rng.choice(_WORDS)}, {rng.choice(_WORDS)} {label}" for label in order]
    return f"{rng.choice(_STARTS)} {' and '.join(things) or 'nothing'} {rng.choice(_ENDS)}."
