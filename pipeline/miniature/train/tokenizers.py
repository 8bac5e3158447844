"""Small tokenisers in the real formats: CLIP's byte-pair merges and a RoBERTa-style `tokenizer.json`.

Both learn from captions of the miniature world and from the class names of real label sets, so that a name the world
never saw is still cut into sensible pieces.
"""

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path

import numpy as np

from pipeline.miniature.world import captions, phrases
from pipeline.miniature.world.classes import COLORS
from pipeline.miniature.world.images import sample_scene
from pipeline.miniature.world.motions import sample_video
from pipeline.miniature.world.sounds import sample_sound

_WORD = re.compile(r"'s|[a-z]+|[0-9]|[^\sa-z0-9]+")


def caption_corpus(seed: int, count: int = 3000) -> Iterator[str]:
    """Captions of all three modalities, `count` each, and the words of the grammar."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        yield captions.caption_image(sample_scene(rng), rng)[0]
        yield captions.caption_sound(sample_sound(rng), rng)[0]
        yield captions.caption_video(sample_video(rng), rng)[0]
    grammar = resources.files("pipeline") / "miniature" / "train" / "llama_grammar.txt"
    yield from (line.strip() for line in grammar.read_text("utf-8").splitlines() if line.startswith("    "))
    yield from COLORS
    yield from phrases.IMAGE_ASIDES + phrases.SOUND_ASIDES + phrases.VIDEO_ASIDES


def write_clip_merges(path: Path, texts: Iterable[str], names: Iterable[str], merges: int = 900) -> int:
    """Writes `bpe.txt.gz` for `open_clip.tokenizer.SimpleTokenizer`.

    Returns:
        The size of the vocabulary: 512 bytes, the merges, and the two special tokens.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(_WORD.findall(text.lower()))
    frequent = Counter({word: 20 + count for word, count in counts.items() if word.isascii()})
    for name in names:  # a name of a real label set counts as three captions, or names would never be merged
        frequent.update({word: 3 for word in _WORD.findall(name.lower()) if word.isascii()})
    learned = learn_merges(frequent, merges)
    text = "\n".join(["#version: miniature", *(f"{a} {b}" for a, b in learned)])
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
    return 512 + len(learned) + 2


def learn_merges(counts: Counter[str], merges: int) -> list[tuple[str, str]]:
    """Byte-pair encoding of words with `</w>` at the end: the most frequent pair first, ties by spelling."""
    words = {(*word[:-1], word[-1] + "</w>"): count for word, count in counts.items()}
    learned: list[tuple[str, str]] = []
    for _ in range(merges):
        pairs: Counter[tuple[str, str]] = Counter()
        for word, count in words.items():
            for pair in zip(word, word[1:], strict=False):
                pairs[pair] += count
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        learned.append(best)
        words = {_merged(word, best): count for word, count in words.items()}
    return learned


def write_roberta_tokenizer(folder: Path, texts: Iterable[str], names: Iterable[str], size: int = 1400) -> int:
    """Writes a RoBERTa tokeniser that `AutoTokenizer` loads.

    Returns:
        The size of the vocabulary.
    """
    from tokenizers import ByteLevelBPETokenizer
    from tokenizers.processors import RobertaProcessing

    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer = ByteLevelBPETokenizer(lowercase=True)
    tokenizer.train_from_iterator(
        [*texts, *names], vocab_size=size, min_frequency=1, special_tokens=special, show_progress=False
    )
    tokenizer.post_processor = RobertaProcessing(("</s>", 2), ("<s>", 0))
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    config = {
        "tokenizer_class": "RobertaTokenizerFast", "model_max_length": 77, "bos_token": "<s>", "eos_token": "</s>",
        "cls_token": "<s>", "sep_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>", "mask_token": "<mask>",
    }  # fmt: skip
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1))
    return int(tokenizer.get_vocab_size())


def _merged(word: tuple[str, ...], pair: tuple[str, str]) -> tuple[str, ...]:
    out: list[str] = []
    at = 0
    while at < len(word):
        if word[at : at + 2] == pair:
            out.append(pair[0] + pair[1])
            at += 2
        else:
            out.append(word[at])
            at += 1
    return tuple(out)
