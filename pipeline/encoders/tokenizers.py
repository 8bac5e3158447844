"""CLIP's byte-pair tokenizer as a function from sentences to unpadded token ids."""

from collections.abc import Callable, Sequence
from pathlib import Path

from open_clip.tokenizer import SimpleTokenizer


def clip_tokenizer(
    context_length: int, merges: Path | None = None
) -> tuple[Callable[[Sequence[str]], list[list[int]]], int]:
    """Make a tokenizer.

    Args:
        context_length: longest text, tokens; a longer one is cut off and still ends with end-of-text.
        merges: gzipped merges file; OpenAI's, which open_clip ships, if None.

    Returns:
        The tokenizer, and the size of its vocabulary.
    """
    bpe = SimpleTokenizer(str(merges)) if merges else SimpleTokenizer()

    def tokenize(texts: Sequence[str]) -> list[list[int]]:
        bodies = (bpe.encode(text)[: context_length - 2] for text in texts)
        return [[bpe.sot_token_id, *body, bpe.eot_token_id] for body in bodies]

    return tokenize, bpe.vocab_size
