"""A tokenizer of transformers whose tokens are words, written where a published encoder has its own."""

from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing
from transformers import PreTrainedTokenizerFast

WORDS = "a photo of dog cat two red cats on the table rain and snow in night".split()
SPECIAL = ["<pad>", "</s>", "<s>", "<unk>", "<mask>"]


def write_word_tokenizer(folder: Path, begins: bool = False, **options: object) -> int:
    """Write one whose texts end with `</s>`, and begin with `<s>` if so asked; returns the size of its vocabulary."""
    vocabulary = {word: number for number, word in enumerate([*SPECIAL, *WORDS])}
    backend = Tokenizer(WordLevel(vocabulary, unk_token="<unk>"))
    backend.pre_tokenizer = Whitespace()
    single = "<s> $A </s>" if begins else "$A </s>"
    backend.post_processor = TemplateProcessing(single=single, special_tokens=[("</s>", 1), ("<s>", 2)])
    names = {"pad_token": "<pad>", "eos_token": "</s>", "bos_token": "<s>", "unk_token": "<unk>"}
    PreTrainedTokenizerFast(tokenizer_object=backend, **names, **options).save_pretrained(folder)
    return len(vocabulary)
