"""open_clip's ViT-B-32 at full size with random weights, as an encoder, and sentences of an LLM's length."""

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from open_clip import CLIP

    from pipeline.encoders.encoder import Encoder

_WORDS = (
    "a the small large old young happy tired sunny quiet busy empty wooden narrow bright early late two three several people "
    "friends children man woman street kitchen park field river morning evening table window bridge hill crowd light wind "
    "walks stands plays runs rests waits looks moves carries watches near beside under over behind through around with "
    "while slowly quickly together alone outside again at in on by from toward across during before after and"
).split()


def random_encoder() -> "Encoder":
    """The pipeline's own wrapper around open_clip's model; nothing is downloaded."""
    return encoder_of(random_model())


def random_model() -> "CLIP":
    """open_clip's own model."""
    import open_clip
    import torch

    torch.manual_seed(0)
    return open_clip.CLIP(**open_clip.get_model_config("ViT-B-32")).eval().requires_grad_(False)


def encoder_of(model: "CLIP", mean: Sequence[float] = (0.5,) * 3, std: Sequence[float] = (0.5,) * 3) -> "Encoder":
    """The pipeline's wrapper around a model of open_clip; `mean` and `std` of its pixels."""
    import torch

    from pipeline.encoders.cards import card
    from pipeline.encoders.clip import image_tower, text_tower
    from pipeline.encoders.encoder import Encoder
    from pipeline.encoders.tokenizers import clip_tokenizer

    tokenize, _ = clip_tokenizer(model.context_length)
    device, dtype = torch.device("cpu"), torch.float32
    media = image_tower(model, mean, std, device, dtype)
    text = text_tower(model, device, dtype)
    return Encoder(card("clip-vit-b32-laion2b"), text, media, tokenize, pad_id=0, context_length=model.context_length)


def llm_sentences(labels: list[str], count: int, seed: int = 0) -> list[str]:
    """Sentences of 8 to 25 words, evenly spread, that carry one to three of the labels."""
    rng, sentences = random.Random(seed), []
    for _ in range(count):
        names = rng.sample(labels, rng.randint(1, 3))
        taken = sum(len(name.split()) for name in names)
        words = [*rng.choices(_WORDS, k=max(rng.randint(8, 25) - taken, 2)), *names]
        rng.shuffle(words)
        sentences.append(" ".join(words).capitalize() + ".")
    return sentences
