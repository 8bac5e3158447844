import pytest
import torch
from living_bytes import LivingBytes
from plain_towers import TOKENIZE, draw, plain_text, real, relative, text_of, tiny

from pipeline.encoders.cards import card
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.load import load_encoder
from pipeline.labels.label_set import load_labels

NAMES = ["great white shark", "hen", "two red cats on the table", "tench", "hen", "sea-lion & pup", "ostrich"]


def gradient(features, prompts):
    """Of a weighted sum of the directions, as a cosine has them."""
    weights = draw(*features.shape, seed=9, like=features).detach()
    return torch.autograd.grad((torch.nn.functional.normalize(features, dim=-1) * weights).sum(), prompts)[0]


def assert_same(ours, wanted, prompts, bound):
    assert relative(ours, wanted) < bound
    assert relative(gradient(ours, prompts), gradient(wanted, prompts)) < bound


def imagenet_names(count):
    """Evenly spread names, the one with the most and one with the fewest tokens among them."""
    names = load_labels("imagenet1k")
    ranked = sorted(names, key=lambda name: len(TOKENIZE([name])[0]))
    return [*names[:: len(names) // (count - 2)][: count - 2], ranked[-1], ranked[0]]


@pytest.mark.parametrize("name", ["ViT-B-16", "ViT-B-16-quickgelu"])
def test_vit_b_16_at_full_size_has_the_features_and_gradients_of_77_tokens(name):
    model, names = real(name, image_blocks=1), imagenet_names(12 if name == "ViT-B-16" else 4)
    tower = text_of(model)
    phrase = tower.words("a photo of a")
    noise = draw(2, 5, 512, like=phrase, scale=0.02).detach()
    prompts = (noise + torch.cat([noise[0, :1], phrase])).requires_grad_()
    classes = tower.classes(names)
    assert len(set(classes.packed.lengths)) > 2
    ours, wanted = tower(prompts, classes), plain_text(model, prompts, names)
    assert_same(ours, wanted, prompts, 1e-5)
    assert torch.pdist(wanted[0]).min() > 1e3 * 1e-5 * wanted.norm(dim=-1).max()
    assert (wanted[0] - wanted[1]).norm(dim=-1).min() > 1e3 * 1e-5 * wanted.norm(dim=-1).max()
    assert all(parameter.grad is None and not parameter.requires_grad for parameter in model.parameters())


@pytest.mark.parametrize(("name", "blocks"), [("ViT-B-32", 3), ("ViT-L-14", 3)])
def test_other_real_sizes(name, blocks):
    model, names = real(name, image_blocks=1, text_blocks=blocks), imagenet_names(4)
    tower = text_of(model)
    prompts = draw(2, 4, tower.width, like=model.text_projection, scale=0.02)
    assert_same(tower(prompts, tower.classes(names)), plain_text(model, prompts, names), prompts, 1e-5)


@pytest.mark.parametrize("chunk", [None, 1, 3, 100])
@pytest.mark.parametrize(("images", "count"), [(1, 5), (3, 1), (2, 4)])
@pytest.mark.parametrize("quick_gelu", [False, True])
def test_a_tiny_tower_in_float64(quick_gelu, images, count, chunk):
    model = tiny(quick_gelu)
    tower, prompts = text_of(model), draw(images, count, 12)
    ours = tower(prompts, tower.classes(NAMES), chunk=chunk)
    wanted = plain_text(model, prompts, NAMES)
    assert_same(ours, wanted, prompts, 1e-12)
    assert relative(ours[:, 1], ours[:, 4]) < 1e-12
    assert torch.pdist(wanted[0, [0, 1, 2, 3, 5, 6]]).min() > 1e-2
    with torch.no_grad():
        assert relative(tower(prompts, tower.classes(NAMES), chunk=chunk), wanted) < 1e-12


def test_one_block_and_one_class():
    model = tiny(text={"layers": 1})
    tower, prompts = text_of(model), draw(2, 3, 12)
    assert_same(tower(prompts, tower.classes(["hen"])), plain_text(model, prompts, ["hen"]), prompts, 1e-12)


def test_layer_scale_is_kept():
    model = tiny(text={"ls_init_value": 0.5})
    tower, prompts = text_of(model), draw(2, 3, 12)
    assert_same(tower(prompts, tower.classes(NAMES)), plain_text(model, prompts, NAMES), prompts, 1e-12)


def test_without_prompts_it_is_the_text_tower():
    encoder = load_encoder(card("miniature-clip"), "cpu")
    names = ["star", "moon", "a red key", "house"]
    wanted = encoder.text.full(encoder.collate(encoder.tokenize([f"{name}." for name in names])))
    ours = encoder.prompted_text(torch.zeros(1, 0, encoder.prompted_text.width), encoder.prompted_text.classes(names))
    assert relative(ours[0], wanted) < 1e-5
    assert torch.pdist(wanted).min() > 1e-2


def test_the_miniature_reads_words_as_prompts():
    encoder = load_encoder(card("miniature-clip"), "cpu")
    tower, names = encoder.prompted_text, ["star", "moon", "a red key"]
    prompts = tower.words("a photo of a")[None].requires_grad_()
    ours = tower(prompts, tower.classes(names))
    wanted = encoder.text.full(encoder.collate(encoder.tokenize([f"a photo of a {name}." for name in names])))
    assert relative(ours[0], wanted) < 1e-5
    assert gradient(ours, prompts).abs().amax((0, 2)).min() > 0
    assert all(p.grad is None and not p.requires_grad for block in tower.blocks for p in block.parameters())
    assert 1 < tower.logit_scale <= 101


def test_words_and_class_tokens(tiny_clip):
    tower, table = text_of(tiny_clip), tiny_clip.token_embedding.weight
    ids = TOKENIZE(["a photo of a"])[0]
    assert torch.equal(tower.words("a photo of a"), table[ids[1:-1]])
    assert not tower.words("hen").requires_grad
    classes = tower.classes(NAMES)
    rows = [TOKENIZE([f"{name}."])[0][1:] for name in NAMES]
    assert classes.names == tuple(NAMES)
    assert torch.equal(classes.start, table[ids[0]])
    assert classes.packed.lengths == tuple(sorted(len(row) for row in rows))
    packed = [part.embeddings for part in classes.packed.split(1)]
    for place, row in zip(classes.order.tolist(), rows, strict=True):
        assert torch.equal(packed[place], table[row])
    assert classes.packed.places().tolist() == [i for length in classes.packed.lengths for i in range(length)]


def test_a_name_too_long_is_named(tiny_clip):
    tower, long = text_of(tiny_clip), " ".join(["cat"] * 75)
    with pytest.raises(EncoderError) as error:
        tower.classes(["hen", long])
    assert str(error.value) == (
        f"class {long!r} has 74 tokens or more, which leaves no room for a prompt: start, prompts, name, full stop and end "
        "take 77 tokens at most. Shorten the name"
    )
    fits = " ".join(["cat"] * 73)
    prompts = draw(1, 1, 12)
    ours, wanted = tower(prompts, tower.classes(["hen", fits])), plain_text(tiny_clip, prompts, ["hen", fits])
    assert relative(ours, wanted) < 1e-12
    with pytest.raises(EncoderError) as error:
        tower(draw(1, 2, 12), tower.classes(["hen", fits]))
    assert str(error.value) == (
        f"2 text prompts were given; class {fits!r} with its full stop and the end token has 75 tokens, which leaves "
        "room for 1 of 77. Give fewer prompts or a shorter name"
    )


@pytest.mark.parametrize("shape", [(5, 12), (2, 5, 11)])
def test_prompts_of_another_shape_are_refused(tiny_clip, shape):
    tower = text_of(tiny_clip)
    with pytest.raises(EncoderError) as error:
        tower(torch.zeros(shape), tower.classes(["hen"]))
    assert str(error.value) == (
        f"text prompts of shape {shape} were given; they must be (images, prompts, 12), or "
        "(images, 1 to 3 layers, prompts, 12)"
    )


@pytest.mark.parametrize("text", [{"no_causal_mask": True}, {"pool_type": "last"}, {"qk_norm": True}])
def test_towers_that_are_not_clips_have_no_prompted_text(text):
    assert text_of(tiny(text=text)) is None


def test_nothing_is_copied_for_every_class(tiny_clip):
    """What is kept grows with the tokens of the names: a prefix for every class, or 77 tokens, would take far more."""
    tower = text_of(tiny_clip)
    names = ["hen", "ostrich", "great white shark"] * 30
    peaks = {}
    for way, run in {
        "ours": lambda prompts: tower(prompts, tower.classes(names)),
        "ten at a time": lambda prompts: tower(prompts, tower.classes(names), chunk=10),
        "plain": lambda prompts: plain_text(tiny_clip, prompts, names),
    }.items():
        with LivingBytes() as living:
            run(draw(2, 5, 12)).sum().backward()
        peaks[way] = living.peak
    assert peaks["ours"] < peaks["plain"] / 8
    assert peaks["ten at a time"] < peaks["ours"] / 4
