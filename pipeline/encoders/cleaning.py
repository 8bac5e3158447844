"""What becomes of a text before it is cut into tokens, where an encoder was trained on texts that something had become of.

none                   nothing; CLIP's own tokenizer cleans for itself
canonical              lower case, no ASCII punctuation, underscores and runs of blanks as one blank: SigLIP's authors
repaired               wrong Unicode and HTML entities are repaired, blanks joined: open_clip before a tokenizer of transformers
repaired canonical     both: open_clip before SigLIP's tokenizers
"""

import html
import string

_NO_PUNCTUATION = str.maketrans("_", " ", string.punctuation.replace("_", ""))


def clean(text: str, how: str) -> str:
    """Clean a text as the card's `cleaning` says."""
    if how.startswith("repaired"):
        text = repaired(text)
    return canonical(text) if how.endswith("canonical") else text


def canonical(text: str) -> str:
    """Lower case, no ASCII punctuation, underscores and runs of blanks as one blank: as SigLIP's authors evaluate it."""
    return " ".join(text.translate(_NO_PUNCTUATION).lower().split())


def repaired(text: str) -> str:
    """Wrong Unicode and HTML entities repaired, runs of blanks as one blank: open_clip's `whitespace`."""
    from ftfy import fix_text  # it comes with open_clip, whose encoders alone want it

    return " ".join(html.unescape(html.unescape(fix_text(text))).split())
