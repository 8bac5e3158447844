"""ViCLIP B/16 at its real size, out of a checkpoint laid out as its authors', against a second implementation.

The second one is written from the description of the model: parameters by the authors' names out of a plain dict, every
frame's tokens joined as they say it ("b (n t) m"), attention as an explicit softmax over all 1,569 tokens, one head after
the other. It shares no line with ours.
"""

import html
import json
import math
import pickle
import shutil
import zipfile

import ftfy
import numpy as np
import pytest
import torch
from open_clip.tokenizer import SimpleTokenizer
from safetensors.torch import save_file

from pipeline.encoders.cards import card
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.load import load_encoder

WIDTH, HEADS, LAYERS, DIM, FRAMES, PATCH, SIDE = 768, 12, 12, 512, 8, 16, 14
TEXT_WIDTH, TEXT_HEADS, CONTEXT, VOCABULARY = 512, 8, 32, 49408
SENTENCES = ["A person is Riding a horse &amp; waving.", "juggling", "skiing " * 60]


def authors_names():
    """Shapes by name, as the publication lists them."""
    shapes = {
        "temp": (),
        "vision_encoder.class_embedding": (WIDTH,),
        "vision_encoder.positional_embedding": (SIDE**2 + 1, WIDTH),
        "vision_encoder.temporal_positional_embedding": (1, FRAMES, WIDTH),
        "vision_encoder.conv1.weight": (WIDTH, 3, 1, PATCH, PATCH),
        "vision_encoder.proj": (WIDTH, DIM),
        "text_encoder.token_embedding.weight": (VOCABULARY, TEXT_WIDTH),
        "text_encoder.positional_embedding": (CONTEXT, TEXT_WIDTH),
        "text_encoder.text_projection": (TEXT_WIDTH, DIM),
    }
    norms = {"vision_encoder.ln_pre": WIDTH, "vision_encoder.ln_post": WIDTH, "text_encoder.ln_final": TEXT_WIDTH}
    for tower, width in {"vision_encoder": WIDTH, "text_encoder": TEXT_WIDTH}.items():
        for layer in range(LAYERS):
            block = f"{tower}.transformer.resblocks.{layer}"
            norms |= {f"{block}.ln_1": width, f"{block}.ln_2": width}
            shapes |= {
                f"{block}.attn.in_proj_weight": (3 * width, width),
                f"{block}.attn.in_proj_bias": (3 * width,),
                f"{block}.attn.out_proj.weight": (width, width),
                f"{block}.attn.out_proj.bias": (width,),
                f"{block}.mlp.c_fc.weight": (4 * width, width),
                f"{block}.mlp.c_fc.bias": (4 * width,),
                f"{block}.mlp.c_proj.weight": (width, 4 * width),
                f"{block}.mlp.c_proj.bias": (width,),
            }
    for name, width in norms.items():
        shapes |= {f"{name}.weight": (width,), f"{name}.bias": (width,)}
    return shapes


@pytest.fixture(scope="module")
def weights():
    """Random weights of a size that neither dies out nor explodes over twelve blocks."""
    generator = torch.Generator().manual_seed(5)
    drawn = {}
    for name, shape in authors_names().items():
        matrix = len(shape) > 1 and "embedding" not in name
        fan_in = shape[0] if name.endswith("proj") else math.prod(shape[1:])
        drawn[name] = torch.randn(shape, generator=generator) * (fan_in**-0.5 if matrix else 0.1)
        if name.endswith(("ln_1.weight", "ln_2.weight", "ln_pre.weight", "ln_post.weight", "ln_final.weight")):
            drawn[name] += 1
    return drawn


@pytest.fixture(scope="module")
def checkpoint(weights, tmp_path_factory):
    """What the authors' training leaves: the tensors under "model", beside optimiser state and counters."""
    file = tmp_path_factory.mktemp("viclip") / "ViCLIP-B_InternVid-FLT-10M.pth"
    optimizer = {"state": {0: {"step": 10, "exp_avg": torch.zeros(3)}}, "param_groups": [{"lr": 2e-4, "params": [0]}]}
    torch.save({"model": weights, "optimizer": optimizer, "epoch": 9, "global_step": 4242}, file)
    return file


@pytest.fixture(scope="module")
def encoder(checkpoint):
    return load_encoder(card(f"viclip-b16:{checkpoint}"), "cpu")


@pytest.fixture(scope="module")
def clips():
    return np.random.default_rng(0).integers(0, 256, (2, FRAMES, 224, 224, 3), dtype=np.uint8)


def layer_norm(x, w, name):
    centred = x - x.mean(-1, keepdim=True)
    spread = (centred.square().mean(-1, keepdim=True) + 1e-5).sqrt()
    return centred / spread * w[name + ".weight"] + w[name + ".bias"]


def transformer(x, w, tower, heads, hidden):
    """Blocks over the tokens of one row (s, c); `hidden[q, k]`, if any, says whether q must not see k."""
    size = x.shape[1] // heads
    for layer in range(LAYERS):
        p = f"{tower}.transformer.resblocks.{layer}."
        y = layer_norm(x, w, p + "ln_1")
        query, key, value = (y @ w[p + "attn.in_proj_weight"].T + w[p + "attn.in_proj_bias"]).split(x.shape[1], dim=1)
        heard = []
        for head in range(heads):
            columns = slice(head * size, (head + 1) * size)
            scores = query[:, columns] @ key[:, columns].T / math.sqrt(size)
            if hidden is not None:
                scores = scores.masked_fill(hidden, -math.inf)
            shares = (scores - scores.max(1, keepdim=True).values).exp()
            heard.append(shares @ value[:, columns] / shares.sum(1, keepdim=True))
        x = x + torch.cat(heard, dim=1) @ w[p + "attn.out_proj.weight"].T + w[p + "attn.out_proj.bias"]
        y = layer_norm(x, w, p + "ln_2") @ w[p + "mlp.c_fc.weight"].T + w[p + "mlp.c_fc.bias"]
        x = x + (y / (1 + (-1.702 * y).exp())) @ w[p + "mlp.c_proj.weight"].T + w[p + "mlp.c_proj.bias"]
    return x


def plain_video(clip, w):
    """One clip, uint8 (t, 224, 224, 3), to its embedding."""
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    frames = (torch.from_numpy(clip).float() / 255 - mean) / std  # t y x colour
    kernel = w["vision_encoder.conv1.weight"][:, :, 0].reshape(WIDTH, -1)  # c (colour y x)
    squares = frames.reshape(-1, SIDE, PATCH, SIDE, PATCH, 3).permute(1, 3, 0, 5, 2, 4)  # row column t colour y x
    patches = squares.reshape(SIDE * SIDE, len(frames), -1) @ kernel.T  # n t c
    space, time = w["vision_encoder.positional_embedding"], w["vision_encoder.temporal_positional_embedding"][0]
    patches = patches + space[1:].unsqueeze(1) + time.unsqueeze(0)
    tokens = torch.cat([(w["vision_encoder.class_embedding"] + space[0]).unsqueeze(0), patches.reshape(-1, WIDTH)])
    assert tokens.shape == (1569, WIDTH)
    left = transformer(layer_norm(tokens, w, "vision_encoder.ln_pre"), w, "vision_encoder", HEADS, hidden=None)
    return layer_norm(left[0], w, "vision_encoder.ln_post") @ w["vision_encoder.proj"]


def plain_text(sentence, w):
    """One sentence to its embedding, all 32 places computed; the byte pairs are OpenAI's, cleaned as it does."""
    clean = " ".join(html.unescape(html.unescape(ftfy.fix_text(sentence))).split()).lower()
    ids = [49406, *SimpleTokenizer().encode(clean)[: CONTEXT - 2], 49407]
    x = w["text_encoder.token_embedding.weight"][ids + [0] * (CONTEXT - len(ids))]
    later = torch.ones(CONTEXT, CONTEXT, dtype=torch.bool).triu(1)
    x = transformer(x + w["text_encoder.positional_embedding"], w, "text_encoder", TEXT_HEADS, later)
    return layer_norm(x[len(ids) - 1], w, "text_encoder.ln_final") @ w["text_encoder.text_projection"]


@pytest.mark.parity
def test_clips_of_1569_tokens_have_the_embedding_of_the_plain_implementation(encoder, clips, weights):
    ours = encoder.media.full(clips)
    plain = plain_video(clips[1], weights)
    assert ours.shape == (2, DIM)
    assert plain.std() > 0.5  # nothing small for differences to hide behind
    assert (ours[0] - ours[1]).abs().max() > 1e-2
    torch.testing.assert_close(ours[1], plain, atol=1e-4, rtol=0)


@pytest.mark.parity
def test_sentences_have_the_embedding_of_the_plain_implementation(encoder, weights):
    ours = encoder.text.full(encoder.collate(encoder.tokenize(SENTENCES)))
    plain = torch.stack([plain_text(sentence, weights) for sentence in SENTENCES])
    assert ours.shape == (3, DIM)
    assert (plain[0] - plain[1]).abs().max() > 1e-2
    torch.testing.assert_close(ours, plain, atol=1e-4, rtol=0)


@pytest.mark.parity
def test_every_cut_at_real_size_goes_on_to_the_same_embedding(encoder, clips):
    """A still: its 197 tokens pass the same blocks, and leave time to pass them once for every cut."""
    ids = encoder.collate(encoder.tokenize(SENTENCES))
    for tower, inputs in ((encoder.media, clips[:1, :1]), (encoder.text, ids)):
        assert tower.cuts[1:-1] == tuple(f"block{index:02d}" for index in range(LAYERS))
        full = tower.full(inputs)
        for cut in tower.cuts:
            torch.testing.assert_close(tower.upper(tower.lower(inputs, cut), cut), full, atol=0, rtol=0)


@pytest.mark.parity
def test_a_cut_through_1569_tokens(encoder, clips):
    acts = encoder.media.lower(clips[:1], "block05")
    assert acts["activations"].shape == (1, 1569, WIDTH)
    torch.testing.assert_close(encoder.media.upper(acts, "block05"), encoder.media.full(clips[:1]), atol=0, rtol=0)


@pytest.mark.parity
def test_every_wrapping_of_the_same_tensors_gives_the_same_encoder(encoder, checkpoint, weights, tmp_path):
    ids = encoder.collate(encoder.tokenize(SENTENCES))
    wanted = encoder.text.full(ids)
    folder = tmp_path / "ViCLIP-B-16-hf"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": "viclip", "size": "b", "tokenizer_path": "bpe.gz"}))
    save_file(weights, folder / "model.safetensors")
    bare = tmp_path / "bare.bin"
    torch.save({f"module.{name}": value for name, value in weights.items()}, bare, _use_new_zipfile_serialization=False)
    names = [f"viclip:{folder}", f"viclip-b16:{folder / 'model.safetensors'}", f"viclip-b16:{bare}"]
    for name in names:
        found = load_encoder(card(name), "cpu")
        assert (found.card.dim, found.card.model, found.context_length) == (DIM, "viclip-b16", CONTEXT)
        torch.testing.assert_close(found.text.full(ids), wanted, atol=0, rtol=0)
    # A folder of the hub and its one file are the same encoder; another file of the same tensors is its own.
    digests = [card(name).digest for name in names] + [card(f"viclip-b16:{checkpoint}").digest]
    assert digests[0] == digests[1] and len(set(digests)) == 3


def refusal(name):
    with pytest.raises(EncoderError) as error:
        load_encoder(card(name), "cpu")
    return str(error.value)


def test_a_checkpoint_of_the_other_size_says_which(tmp_path):
    """Only the first tensor tells them apart quickly; the others would be a page of shapes."""
    kernels = {"viclip-b16": (768, 3, 1, 16, 16), "viclip-l14": (1024, 3, 1, 14, 14)}
    for size, other in (("viclip-b16", "viclip-l14"), ("viclip-l14", "viclip-b16")):
        file = tmp_path / f"{other}.pth"
        torch.save({"model": {"vision_encoder.conv1.weight": torch.zeros(kernels[other])}}, file)
        assert f"holds the weights of {other}, not of {size}. Type {other}:{file}" in refusal(f"{size}:{file}")


def test_a_checkpoint_that_lacks_a_tensor_or_has_one_too_many_is_refused(tmp_path):
    shapes = authors_names()
    # One number stands for a whole tensor: 600 MB of zeros are not needed to look at names and shapes.
    state = {name: torch.zeros(()).expand(shape) for name, shape in shapes.items()}
    del state["vision_encoder.proj"]
    state["text_encoder.logit_scale"] = torch.zeros(())
    state["text_encoder.positional_embedding"] = torch.zeros(77, TEXT_WIDTH)
    file = tmp_path / "odd.pth"
    torch.save({"model": state}, file)
    assert refusal(f"viclip-b16:{file}").endswith(
        "the weights do not fit the model: 1 missing: vision_encoder.proj; 1 unexpected: text_encoder.logit_scale; "
        "1 of another shape: text_encoder.positional_embedding (77, 512) for (32, 512)"
    )


class Bomb:
    """Runs a command when it is unpickled by anything that lets it."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return (open, (str(self.trace), "w"))


@pytest.mark.parametrize("old_format", [False, True], ids=["zip", "legacy"])
def test_a_pickle_bomb_is_refused_and_does_not_go_off(tmp_path, old_format):
    file, trace = tmp_path / "bomb.pth", tmp_path / "trace"
    torch.save({"model": Bomb(trace)}, file, _use_new_zipfile_serialization=not old_format)
    assert "holds more than tensors and is not loaded, because reading it could run code" in refusal(
        f"viclip-b16:{file}"
    )
    assert not trace.exists()


def test_damaged_checkpoints_are_refused(tmp_path):
    whole = tmp_path / "whole.pth"
    torch.save({"model": {"temp": torch.zeros(5000)}}, whole)
    content = whole.read_bytes()
    for kind, spoiled in {
        "empty": b"",
        "cut": content[: len(content) // 2],
        "zeros": bytes(len(content)),
    }.items():
        file = tmp_path / f"{kind}.pth"
        file.write_bytes(spoiled)
        assert "is damaged or no PyTorch checkpoint" in refusal(f"viclip-b16:{file}"), kind
    file = tmp_path / "list.pth"
    torch.save([torch.zeros(2)], file)
    assert "holds a list, not tensors by name, on top or under 'model'" in refusal(f"viclip-b16:{file}")
    file = tmp_path / "deep.pth"
    torch.save({"model": {"model": {"temp": torch.zeros(1)}}}, file)
    assert "not tensors by name" in refusal(f"viclip-b16:{file}")
    file = tmp_path / "zip.pth"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("hello.txt", "no checkpoint")
    assert "is damaged or no PyTorch checkpoint" in refusal(f"viclip-b16:{file}")
    file = tmp_path / "plain.pth"
    file.write_bytes(pickle.dumps({"model": 3}))
    assert f"{file}" in refusal(f"viclip-b16:{file}")


def test_published_models_are_described_without_their_files():
    base, large = card("viclip-b16"), card("viclip-l14")
    assert (base.weights, base.model, base.dim) == ("OpenGVLab/ViCLIP-B-16-hf", "viclip-b16", 512)
    assert (large.weights, large.model, large.dim) == ("OpenGVLab/ViCLIP-L-14-hf", "viclip-l14", 768)
    assert base.digest == card("viclip:OpenGVLab/ViCLIP-B-16-hf").digest != large.digest


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"size": "h"}, "its config.json has size 'h'; ViCLIP was published as 'b' (B/16) and 'l' (L/14)"),
        ({"hidden": 3}, "says neither 'size' (a folder of the hub) nor 'model_cfg'"),
        ({"size": "b"}, "model.safetensors'"),
    ],
)
def test_folders_that_are_no_viclip_are_refused(tmp_path, config, message):
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(EncoderError) as error:
        card(f"viclip:{tmp_path}")
    assert message in str(error.value)


def test_weights_that_cannot_be_downloaded_say_what_to_type(monkeypatch, tmp_path):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    message = refusal("viclip-l14")
    assert "'OpenGVLab/ViCLIP-L-14-hf' is not in the cache and cannot be downloaded" in message
    assert message.endswith("type viclip:FOLDER, or viclip-l14:FILE for a checkpoint of the authors")


def test_the_miniature_s_layout_still_loads(folders, tmp_path):
    folder = shutil.copytree(folders["viclip"], tmp_path / "mine")
    assert load_encoder(card(f"viclip:{folder}"), "cpu").card.dim == 20
