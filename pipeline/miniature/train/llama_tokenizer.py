"""The tokenizer of the miniature LLaMA: byte-pair encoding with byte fallback, as LLaMA-2's, of 1536 entries.

Punctuation is always a token of its own, so that a class name has the same tokens before a comma, a full stop or a
space: the model then copies a name token by token from the query.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

__all__ = ["BOS", "EOS", "UNK", "save_tokenizer", "train_tokenizer"]

UNK, BOS, EOS = "<unk>", "<s>", "</s>"
_SPECIALS = (UNK, BOS, EOS)
_BYTES = tuple(f"<0x{value:02X}>" for value in range(256))
_SPACE = "▁"


def train_tokenizer(texts: Iterable[str], vocabulary: int = 1536) -> Tokenizer:
    """Learn the merges from `texts`; 259 entries of the vocabulary are special tokens and bytes."""
    learner = Tokenizer(models.BPE(unk_token=UNK))
    learner.pre_tokenizer = _pre_tokenizer()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - len(_BYTES),
        special_tokens=list(_SPECIALS),
        show_progress=False,
        min_frequency=2,
    )
    learner.train_from_iterator(texts, trainer)
    return _with_byte_fallback(json.loads(learner.to_str())["model"])


def save_tokenizer(tokenizer: Tokenizer, folder: Path, context: int) -> None:
    """Write `tokenizer.json` and `tokenizer_config.json`, as transformers reads them."""
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": BOS,
        "eos_token": EOS,
        "unk_token": UNK,
        "pad_token": EOS,
        "padding_side": "left",
        "model_max_length": context,
        "clean_up_tokenization_spaces": False,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n", "utf-8")


def _with_byte_fallback(learned: dict[str, Any]) -> Tokenizer:
    pieces = [piece for piece in sorted(learned["vocab"], key=learned["vocab"].__getitem__) if piece not in _SPECIALS]
    vocabulary = {piece: index for index, piece in enumerate((*_SPECIALS, *_BYTES, *pieces))}
    merges = [tuple(merge) for merge in learned["merges"]]
    tokenizer = Tokenizer(
        models.BPE(vocab=vocabulary, merges=merges, unk_token=UNK, byte_fallback=True, fuse_unk=False)
    )
    tokenizer.add_special_tokens(list(_SPECIALS))
    tokenizer.pre_tokenizer = _pre_tokenizer()
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace(_SPACE, " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    tokenizer.post_processor = _bos_first()
    return tokenizer


def _pre_tokenizer() -> pre_tokenizers.PreTokenizer:
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Metaspace(replacement=_SPACE, prepend_scheme="first"),
            pre_tokenizers.Punctuation("isolated"),
        ]
    )


def _bos_first() -> Any:
    from tokenizers.processors import TemplateProcessing

    return TemplateProcessing(
        single=f"{BOS} $A", pair=f"{BOS} $A {BOS} $B", special_tokens=[(BOS, _SPECIALS.index(BOS))]
    )
