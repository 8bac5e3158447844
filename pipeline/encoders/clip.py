"""`open_clip.CLIP` as an encoder with named cuts.

Text: tokens, block00, ..., output. Image: pixels, patches, block00, ..., output. open_clip's own modules do the work; only the
order in which they are called is ours, and a test holds it equal to `encode_text` and `encode_image`. Written for
open_clip_torch 3.3.
"""

from collections.abc import Callable, Sequence

import open_clip
import torch
from open_clip.transformer import ResidualAttentionBlock, text_global_pool
from torch import Tensor, nn

from pipeline.encoders.cards import EncoderCard
from pipeline.encoders.clip_names import to_open_clip
from pipeline.encoders.clip_source import INSIDE, SIZES_AS_TENSORS, find_source, require_activation
from pipeline.encoders.encoder import Encoder
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.pixels import normalise_pixels
from pipeline.encoders.prompted.blocks import run_for
from pipeline.encoders.prompted.image import PromptedImage
from pipeline.encoders.prompted.text import PromptedText
from pipeline.encoders.tokenizers import clip_tokenizer
from pipeline.encoders.tower import Activations, StagedTower, Step, block_names
from pipeline.encoders.weights import made_to_fit, plain_names, read_weights


def load_clip(card: EncoderCard, device: torch.device, dtype: torch.dtype) -> Encoder:
    """Build the model of a card and load its weights.

    Raises:
        EncoderError: weights, sizes and tokenizer do not fit together, or the weights cannot be had.
    """
    source = find_source(card)
    sizes = {**source.model_cfg, "quick_gelu": source.facts.quick_gelu}
    state = to_open_clip(plain_names(read_weights(card.name, source.weights, inside=INSIDE)))
    require_activation(card, source.facts, state)
    state = {name: x for name, x in state.items() if name not in SIZES_AS_TENSORS}
    model = made_to_fit(card.name, sizes, lambda: open_clip.CLIP(**sizes), state)
    model = model.to(device, dtype).eval().requires_grad_(False)
    tokenize, vocabulary = clip_tokenizer(model.context_length, source.merges)
    if vocabulary != model.vocab_size:
        raise EncoderError(
            f"encoder {card.name!r}: the tokenizer has {vocabulary} tokens and the model {model.vocab_size}"
        )
    image = image_tower(model, source.facts.mean, source.facts.std, device, dtype)
    return Encoder(
        card=card,
        text=text_tower(model, device, dtype),
        media=image,
        tokenizer=tokenize,
        pad_id=0,
        context_length=model.context_length,
        prompted_image=image,
        prompted_text=prompted_text(model, tokenize),
    )


def text_tower(model: open_clip.CLIP, device: torch.device, dtype: torch.dtype) -> StagedTower:
    """Cut the text tower into its blocks; inputs are token ids (b, s) of any s up to the context."""
    first, *blocks = model.transformer.resblocks

    def block_step(block: nn.Module) -> Step:
        return lambda acts: {**acts, "activations": _masked(model, block, acts["activations"])}

    def embed(acts: Activations) -> Activations:
        ids = acts["activations"]
        x = model.token_embedding(ids) + model.positional_embedding[: ids.shape[1]]
        return {"activations": _masked(model, first, x), "ids": ids}

    def head(acts: Activations) -> Activations:
        x = model.ln_final(acts["activations"])
        pooled = text_global_pool(x, acts["ids"], model.text_pool_type, eos_token_id=model.text_eos_id)
        return {"vectors": _project(pooled, model.text_projection)}

    steps = (embed, *[block_step(block) for block in blocks], head)
    return StagedTower(("tokens", *block_names(len(blocks) + 1), "output"), steps, device, dtype)


def image_tower(
    model: open_clip.CLIP,
    mean: Sequence[float],
    std: Sequence[float],
    device: torch.device,
    dtype: torch.dtype,
) -> PromptedImage:
    """Cut the image tower into its blocks; inputs are uint8 (b, h, w, 3).

    Where the head reads the class token alone, the last block makes that token alone: its cut holds one token an image.
    """
    visual = model.visual
    blocks = tuple(visual.transformer.resblocks)
    reads_class_token = visual.attn_pool is None and visual.pool_type == "tok"

    def block_step(block: nn.Module) -> Step:
        return lambda acts: {"activations": block(acts["activations"])}

    def last_step(acts: Activations) -> Activations:
        return {"activations": run_for(blocks[-1], acts["activations"], 1)}

    def embed(acts: Activations) -> Activations:
        return {"activations": visual._embeds(normalise_pixels(acts["activations"], mean, std, dtype))}

    def head(acts: Activations) -> Activations:
        pooled, _ = visual._pool(acts["activations"])
        return {"vectors": _project(pooled, visual.proj)}

    cuts = ("pixels", "patches", *block_names(len(blocks)), "output")
    last = last_step if reads_class_token else block_step(blocks[-1])
    steps = (embed, *[block_step(block) for block in blocks[:-1]], last, head)
    staged = StagedTower(cuts, steps, device, dtype)
    return PromptedImage(staged, blocks, visual.ln_pre, reads_class_token, visual, tuple(mean), tuple(std))


def prompted_text(model: open_clip.CLIP, tokenizer: Callable[[Sequence[str]], list[list[int]]]) -> PromptedText | None:
    """Make the text tower read learned prompts, unless it is of a kind that the shared prefix is not true of."""
    blocks = tuple(model.transformer.resblocks)
    ends_with_eot = model.attn_mask is not None and model.text_pool_type in ("argmax", "eos")
    if not ends_with_eot or not all(isinstance(block, ResidualAttentionBlock) for block in blocks):
        return None
    return PromptedText(
        blocks=blocks,
        token_embedding=model.token_embedding,
        positions=model.positional_embedding,
        causal_mask=model.attn_mask,
        head=lambda x: _project(model.ln_final(x), model.text_projection),
        tokenizer=tokenizer,
        logit_scale=model.logit_scale.double().exp().item(),
    )


def _masked(model: open_clip.CLIP, block: nn.Module, x: Tensor) -> Tensor:
    """Run a text block; the causal mask is cut to the batch's longest text."""
    length = x.shape[1]
    mask = model.attn_mask
    return block(x, attn_mask=None if mask is None else mask[:length, :length])


def _project(pooled: Tensor, projection: Tensor | nn.Linear | None) -> Tensor:
    if projection is None:
        return pooled
    return projection(pooled) if isinstance(projection, nn.Linear) else pooled @ projection
