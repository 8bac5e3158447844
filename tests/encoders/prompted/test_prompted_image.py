import pytest
import torch
from plain_towers import draw, image_of, plain_image, real, relative, tiny
from torch.nn import functional as F

from pipeline.encoders.cards import card
from pipeline.encoders.errors import CutError, EncoderError
from pipeline.encoders.load import load_encoder

CUTS = ("pixels", "patches", "block00", "block01")
DEEP = [(cut, layers) for above, cut in zip((3, 3, 2, 1), CUTS, strict=True) for layers in range(1, above + 1)]


def pixels(count, size=12):
    return torch.randint(0, 256, (count, size, size, 3), generator=torch.Generator().manual_seed(3), dtype=torch.uint8)


def gradients(output, *inputs):
    weights = draw(*output.shape, seed=9, like=output).detach()
    return torch.autograd.grad((output * weights).sum(), inputs)


@pytest.fixture(scope="module")
def tower(tiny_clip):
    return image_of(tiny_clip)


def test_patches_are_what_enters_the_first_block(tiny_clip, tower):
    visual, images = tiny_clip.visual, pixels(2)
    scaled = images.double().div(255).sub(torch.tensor([0.4, 0.5, 0.6])).div(torch.tensor([0.2, 0.25, 0.3]))
    patches = scaled.unfold(1, 4, 4).unfold(2, 4, 4).flatten(1, 2).flatten(2) @ visual.conv1.weight.flatten(1).T
    tokens = torch.cat([visual.class_embedding.expand(2, 1, -1), patches], 1) + visual.positional_embedding
    wanted = F.layer_norm(tokens, (8,), visual.ln_pre.weight, visual.ln_pre.bias)
    torch.testing.assert_close(tower.lower(images, "patches")["activations"], wanted, atol=1e-5, rtol=0)
    assert tower.ln_pre is visual.ln_pre and tower.width == 8


@pytest.mark.parametrize("quick_gelu", [False, True])
@pytest.mark.parametrize(("cut", "layers"), DEEP)
def test_prompts_enter_the_blocks_above_the_cut_as_in_eq_9(quick_gelu, cut, layers):
    model = tiny(quick_gelu)
    tower, first = image_of(model), max(CUTS.index(cut) - 1, 0)
    prompts, acts = draw(3, layers, 2, 8), tower.lower(pixels(3), cut)
    tokens = tower.lower(pixels(3), "patches" if cut == "pixels" else cut)["activations"]
    ours, wanted = tower.upper(acts, cut, prompts=prompts), plain_image(model, tokens, prompts, first)
    assert relative(ours, wanted) < 1e-12
    mine, theirs = *gradients(ours, prompts), *gradients(wanted, prompts)
    assert relative(mine, theirs) < 1e-12
    assert (theirs.abs().amax((0, 2, 3)) > 1e-3).all()
    assert relative(ours, tower.upper(acts, cut)) > 1e-2


def test_prompts_for_all_images_alike_are_those_of_each(tower):
    prompts, acts = draw(1, 2, 3, 8), tower.lower(pixels(4), "patches")
    shared = tower.upper(acts, "patches", prompts=prompts)
    assert torch.equal(shared, tower.upper(acts, "patches", prompts=prompts.expand(4, -1, -1, -1)))


@pytest.mark.parametrize(
    ("cut", "shape"),
    [
        *[(cut, (2, 0, 3, 8)) for cut in (*CUTS, "block02", "output")],
        *[(cut, (1, 1, 0, 8)) for cut in CUTS],
        *[(cut, (2, 3, 0, 8)) for cut in CUTS[:2]],
    ],
)
def test_no_prompts_change_nothing_at_all(tower, cut, shape):
    acts, images = tower.lower(pixels(2), cut), pixels(2)
    assert torch.equal(tower.upper(acts, cut, prompts=draw(*shape)), tower.full(images))


def test_a_class_token_tells_what_it_attends_to(tiny_clip, tower):
    acts, prompts = tower.lower(pixels(2), "patches"), draw(2, 3, 2, 8)
    x = acts["activations"]
    for block, own in zip(tiny_clip.visual.transformer.resblocks, prompts.unbind(1), strict=True):
        entering = torch.cat([x[:, :10], own], 1)
        x = block(entering)
    normed = block.ln_1(entering)
    queries, keys, _ = F.linear(normed, block.attn.in_proj_weight, block.attn.in_proj_bias).chunk(3, -1)
    heads = [
        torch.einsum("bc,bsc->bs", queries[:, 0, part], keys[:, :, part]) / 2 for part in (slice(0, 4), slice(4, 8))
    ]
    wanted = torch.stack(heads, 1).softmax(-1)[:, :, 1:10]
    torch.testing.assert_close(tower.cls_attention(acts, "patches", prompts), wanted, atol=1e-12, rtol=0)


@pytest.mark.parametrize("cut", ["pixels", "patches", "block00", "block01"])
def test_attention_without_prompts_does_not_depend_on_the_cut(tower, cut):
    wanted = tower.cls_attention({"activations": pixels(2)}, "pixels")
    ours = tower.cls_attention(tower.lower(pixels(2), cut), cut)
    assert wanted.shape == (2, 2, 9)
    assert (wanted.sum(-1) < 1).all() and (wanted > 0).all()
    torch.testing.assert_close(ours, wanted, atol=1e-12, rtol=0)


def test_shallow_prompts_are_seen_by_the_last_block(tower):
    acts, prompts = tower.lower(pixels(2), "patches"), draw(2, 1, 4, 8)
    with_prompts = tower.cls_attention(acts, "patches", prompts)
    assert with_prompts.shape == (2, 2, 9)
    assert (with_prompts.sum(-1) < tower.cls_attention(acts, "patches").sum(-1) - 1e-3).any()


@pytest.mark.parametrize(
    ("cut", "shape", "message"),
    [
        (
            "block01",
            (2, 2, 3, 8),
            "prompts of 2 layers were given, but above 'block01' only 1 of 3 blocks are left; "
            "give 1 layers at most or cut lower",
        ),
        (
            "patches",
            (3, 2, 4, 8),
            "prompts of shape (3, 2, 4, 8) were given for 2 images; they must be (2 or 1, layers, prompts a layer, 8)",
        ),
        (
            "patches",
            (2, 2, 4, 9),
            "prompts of shape (2, 2, 4, 9) were given for 2 images; they must be (2 or 1, layers, prompts a layer, 8)",
        ),
        (
            "patches",
            (2, 4, 8),
            "prompts of shape (2, 4, 8) were given for 2 images; they must be (2 or 1, layers, prompts a layer, 8)",
        ),
    ],
)
def test_prompts_that_do_not_fit_are_refused(tower, cut, shape, message):
    acts = tower.lower(pixels(2), cut)
    for call in (tower.upper, tower.cls_attention):
        with pytest.raises(EncoderError) as error:
            call(acts, cut, prompts=torch.zeros(shape))
        assert str(error.value) == message


def test_attention_of_a_block_below_the_cut_is_refused(tower):
    for cut in ("block02", "output"):
        with pytest.raises(CutError) as error:
            tower.cls_attention(tower.lower(pixels(1), cut), cut)
        assert str(error.value) == (
            f"the last block lies below {cut!r}; its attention can be had from block01 or below"
        )


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_head_that_reads_all_patches_gets_them_without_prompts(layers):
    model = tiny(vision={"pool_type": "avg"})
    tower, prompts = image_of(model), draw(2, layers, 2, 8)
    acts = tower.lower(pixels(2), "patches")
    x = acts["activations"]
    for layer, block in enumerate(model.visual.transformer.resblocks):
        x = block(torch.cat([x[:, :10], prompts[:, layer] if layer < layers else x[:, 10:]], 1))
    wanted = model.visual.ln_post(x)[:, 1:10].mean(1) @ model.visual.proj
    ours = tower.upper(acts, "patches", prompts=prompts)
    assert relative(ours, wanted) < 1e-12
    assert relative(*gradients(ours, prompts), *gradients(wanted, prompts)) < 1e-12


def test_attention_of_another_kind_is_not_told():
    tower = image_of(tiny(vision={"qk_norm": True}))
    with pytest.raises(EncoderError, match="attention of another kind"):
        tower.cls_attention({"activations": pixels(1)}, "pixels")
    prompts = draw(1, 1, 1, 8)
    assert gradients(tower.upper({"activations": pixels(1)}, "pixels", prompts=prompts), prompts)[0].abs().max() > 0


@pytest.mark.parametrize(
    ("name", "blocks"), [("ViT-B-16", 3), ("ViT-B-32", 12), ("ViT-L-14", 2), ("ViT-B-16-quickgelu", 2)]
)
def test_real_sizes(name, blocks):
    model = real(name, image_blocks=blocks, text_blocks=1)
    tower, layers = image_of(model), min(blocks, 9)
    tokens = tower.lower(pixels(2, 224), "patches")
    prompts = draw(2, layers, 8, tower.width, like=model.visual.proj, scale=0.5)
    ours, wanted = tower.upper(tokens, "patches", prompts=prompts), plain_image(model, tokens["activations"], prompts)
    assert relative(ours, wanted) < 1e-5
    assert relative(*gradients(ours, prompts), *gradients(wanted, prompts)) < 1e-5
    assert torch.equal(tower.upper(tokens, "patches", prompts=prompts[:, :0]), tower.full(pixels(2, 224)))


def test_the_miniature():
    encoder = load_encoder(card("miniature-clip"), "cpu")
    tower = encoder.prompted_image
    assert tower is encoder.media
    acts = tower.lower(pixels(2, encoder.card.media.size), "patches")
    prompts = draw(2, len(tower.blocks), 4, tower.width)
    output = tower.upper(acts, "patches", prompts=prompts)
    assert output.shape == (2, encoder.card.dim)
    assert (gradients(output, prompts)[0].abs().amax((0, 2, 3)) > 0).all()
    assert all(p.grad is None and not p.requires_grad for block in tower.blocks for p in block.parameters())
