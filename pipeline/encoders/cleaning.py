"""What becomes of a text before it is cut into tokens, where an encoder was trained on texts that something had become of."""

import string

_NO_PUNCTUATION = str.maketrans("_", " ", string.punctuation.replace("_", ""))


def canonical(text: str) -> str:
    """Lower case, no ASCII punctuation, underscores and runs of blanks as one blank: as SigLIP's authors evaluate it."""
    return " ".join(text.translate(_NO_PUNCTUATION).lower().split())
