"""Tokenizers of transformers as functions from sentences to unpadded token ids."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor
from transformers import AutoTokenizer

from pipeline.encoders.errors import EncoderError

Tokenize = Callable[[Sequence[str]], list[list[int]]]


@dataclass(frozen=True)
class HfTokenizer:
    """A tokenizer.

    Attributes:
        tokenize: sentences to token ids, cut off at the context; what closes a text stays.
        pad_id: what its texts are padded with.
        size: of the vocabulary, special tokens counted.
        pads_with_end: whether the token that ends a text pads it, too.
        pads_left: whether it pads at the left, as a few do.
    """

    tokenize: Tokenize
    pad_id: int
    size: int
    pads_with_end: bool
    pads_left: bool

    def mask(self, ids: Tensor) -> Tensor:
        """What is no padding, 1 and 0 (b, s), of texts (b, s) that are padded at their right."""
        return ids.eq(self.pad_id).cumsum(dim=1).le(1 if self.pads_with_end else 0).long()


def hf_tokenizer(encoder: str, folder: Path, context: int, without_separator: bool = False) -> HfTokenizer:
    """Read a tokenizer from its files; nothing of a folder is run.

    Args:
        encoder: for messages.
        folder: as transformers saves it.
        context: longest text, tokens.
        without_separator: whether 0 stands where the separator would, as CLIPA was trained.

    Raises:
        EncoderError: there is none, or it does not say what pads a text.
    """
    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise EncoderError(
            f"encoder {encoder!r}: the tokenizer in {str(folder)!r} cannot be read ({str(error).strip().splitlines()[0]}). It "
            "needs tokenizer.json, tokenizer_config.json and the config.json beside them; download it again"
        ) from error
    if tokenizer.pad_token_id is None:
        raise EncoderError(
            f"encoder {encoder!r}: the tokenizer in {str(folder)!r} has no pad_token; its tokenizer_config.json has to name one"
        )
    separator = tokenizer.sep_token_id if without_separator else None

    def tokenize(texts: Sequence[str]) -> list[list[int]]:
        rows: list[list[int]] = tokenizer(list(texts), truncation=True, max_length=context)["input_ids"]
        return rows if separator is None else [[0 if each == separator else each for each in row] for row in rows]

    pad_id = tokenizer.pad_token_id
    ends = (tokenizer.eos_token_id, tokenizer.sep_token_id)
    return HfTokenizer(tokenize, pad_id, len(tokenizer), pad_id in ends, tokenizer.padding_side == "left")
