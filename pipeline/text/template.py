"""The query that asks a language model for sentences (TaAM-CPT, section 3.1).

A template is plain text with the two words `{modality}` and `{labels}`. Nothing else in it is special: class
names may hold braces, commas or quotes, and are put in as they are.
"""

from collections.abc import Sequence

__all__ = ["MAX_LABELS", "MODALITY_WORDS", "MOST_LABELS", "PAPER_TEMPLATE", "labels_text", "render_query"]

PAPER_TEMPLATE = (
    "Making several English sentences to describe a {modality}. "
    "Requirements: Generate 5 English sentences! "
    "Each sentence should be less than 25 words and includes: {labels}."
)
"""The template of section 3.1, word by word (appendix C begins with "Make" instead of "Making")."""

MODALITY_WORDS = {"image": "image", "audio": "audio", "video": "video", "text": "text"}
"""What `{modality}` says for each modality of the pipeline."""

MAX_LABELS = {"image": 3, "audio": 3, "video": 2}
"""Labels in one query: one or two for video, one to three for image and audio (section 3.1)."""

MOST_LABELS = {**MAX_LABELS, "text": 2}
"""The same for every modality of the pipeline; texts, which the paper does not have, are asked for as videos are."""


def render_query(template: str, modality_word: str, labels: Sequence[str]) -> str:
    """Write the query for a combination of labels.

    Args:
        template: Text with `{modality}` and `{labels}`.
        modality_word: What the template calls the medium, e.g. "image".
        labels: Class names in the order in which the query lists them.
    """
    before, after = _around_labels(template, modality_word)
    return before + ", ".join(labels) + after


def labels_text(template: str, modality_word: str, prompt: str) -> str | None:
    """The list of labels in a query that `render_query` wrote; None if the query is another one.

    Args:
        template: Text with `{modality}` and `{labels}`.
        modality_word: What the template calls the medium.
        prompt: The query.
    """
    before, after = _around_labels(template, modality_word)
    if len(prompt) < len(before) + len(after) or not (prompt.startswith(before) and prompt.endswith(after)):
        return None
    return prompt[len(before) : len(prompt) - len(after)]


def _around_labels(template: str, modality_word: str) -> tuple[str, str]:
    before, _, after = template.partition("{labels}")
    return before.replace("{modality}", modality_word), after.replace("{modality}", modality_word)
