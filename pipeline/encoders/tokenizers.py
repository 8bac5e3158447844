"""CLIP's byte-pair tokenizer as a function from sentences to unpadded token ids.

open_clip's tokenizer cleans and splits every sentence anew, which is slower than a GPU encodes. No token spans a space, so
the tokens of a sentence are those of its words, and words come again: their tokens are kept. That holds for sentences
of printable ASCII, which are nearly all; cleaning others looks at the sentence as a whole, so they go through open_clip's code.
"""

import gzip
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from open_clip.tokenizer import SimpleTokenizer

from pipeline.encoders.errors import EncoderError

_PLAIN = re.compile(r"[ !-%'-;=-~]*")
"""Printable ASCII without `&` and `<`: cleaning only joins its spaces and lowers its letters."""
_WORDS_KEPT = 200_000
_LONGEST_MERGES = 32 << 20


def clip_tokenizer(
    context_length: int, merges: Path | None = None
) -> tuple[Callable[[Sequence[str]], list[list[int]]], int]:
    """Make a tokenizer.

    Args:
        context_length: longest text, tokens; a longer one is cut off and still ends with end-of-text.
        merges: gzipped merges file; OpenAI's, which open_clip ships, if None.

    Raises:
        EncoderError: the merges unfold to more than any tokenizer's.

    Returns:
        The tokenizer, and the size of its vocabulary.
    """
    if merges is not None:
        _require_short(merges)
    bpe = SimpleTokenizer(str(merges)) if merges else SimpleTokenizer()
    words = _Words(bpe)

    def tokenize(texts: Sequence[str]) -> list[list[int]]:
        bodies = (words.encode(text) if _PLAIN.fullmatch(text) else bpe.encode(text) for text in texts)
        return [[bpe.sot_token_id, *body[: context_length - 2], bpe.eot_token_id] for body in bodies]

    return tokenize, bpe.vocab_size


def _require_short(merges: Path) -> None:
    if merges.exists() and not merges.is_file():  # a pipe would be waited for
        raise EncoderError(f"{str(merges)!r} is no file, where a tokenizer's merges are needed. Download it again")
    with gzip.open(merges) as content:  # a small file may unfold to any size
        if len(content.read(_LONGEST_MERGES + 1)) > _LONGEST_MERGES:
            raise EncoderError(
                f"{str(merges)!r} unfolds to more than {_LONGEST_MERGES:,} bytes, which no tokenizer's merges do"
            )


class _Words(dict[str, list[int]]):
    """Tokens of the words seen, most of a language's after some thousand sentences; forgotten all together when too many."""

    def __init__(self, bpe: SimpleTokenizer) -> None:
        super().__init__()
        self._bpe = bpe

    def __missing__(self, word: str) -> list[int]:
        if len(self) >= _WORDS_KEPT:
            self.clear()
        ids = self[word] = self._bpe.encode(word)
        return ids

    def encode(self, text: str) -> list[int]:
        """Token ids of a sentence of printable ASCII."""
        return [token for word in text.lower().split() for token in self[word]]
