"""ViCLIP B/16 at its real size, out of a checkpoint laid out as its authors', against a second implementation."""

import json
import math
import pickle
import shutil
import zipfile

import numpy as np
import pytest
import torch
from plain_viclip import B16, CONTEXT, FRAMES, authors_names, draw_weights, plain_text, plain_video, write_checkpoint
from safetensors.torch import save_file

from pipeline.encoders.cards import card
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.load import load_encoder

SENTENCES = ["A person is Riding a horse &amp; waving.", "juggling", "skiing " * 60]


@pytest.fixture(scope="module")
def weights():
    return draw_weights(B16)


@pytest.fixture(scope="module")
def checkpoint(weights, tmp_path_factory):
    return write_checkpoint(weights, tmp_path_factory.mktemp("viclip") / "ViCLIP-B_InternVid-FLT-10M.pth")


@pytest.fixture(scope="module")
def encoder(checkpoint):
    return load_encoder(card(f"viclip-b16:{checkpoint}"), "cpu")


@pytest.fixture(scope="module")
def clips():
    return np.random.default_rng(0).integers(0, 256, (2, FRAMES, 224, 224, 3), dtype=np.uint8)


@pytest.mark.parity
def test_clips_of_1569_tokens_have_the_embedding_of_the_plain_implementation(encoder, clips, weights):
    ours = encoder.media.full(clips)
    plain = plain_video(clips[1], weights, B16)
    assert ours.shape == (2, B16.dim)
    assert plain.std() > 0.5  # nothing small for differences to hide behind
    assert (ours[0] - ours[1]).abs().max() > 1e-2
    torch.testing.assert_close(ours[1], plain, atol=1e-4, rtol=0)


@pytest.mark.parity
def test_sentences_have_the_embedding_of_the_plain_implementation(encoder, weights):
    ours = encoder.text.full(encoder.collate(encoder.tokenize(SENTENCES)))
    plain = torch.stack([plain_text(sentence, weights) for sentence in SENTENCES])
    assert ours.shape == (3, B16.dim)
    assert (plain[0] - plain[1]).abs().max() > 1e-2
    torch.testing.assert_close(ours, plain, atol=1e-4, rtol=0)


@pytest.mark.parity
def test_every_cut_at_real_size_goes_on_to_the_same_embedding(encoder, clips):
    """A still: its 197 tokens pass the same blocks, and leave time to pass them once for every cut."""
    ids = encoder.collate(encoder.tokenize(SENTENCES))
    for tower, inputs in ((encoder.media, clips[:1, :1]), (encoder.text, ids)):
        assert tower.cuts[1:-1] == tuple(f"block{index:02d}" for index in range(B16.layers))
        full = tower.full(inputs)
        for cut in tower.cuts:
            torch.testing.assert_close(tower.upper(tower.lower(inputs, cut), cut), full, atol=0, rtol=0)


@pytest.mark.parity
def test_a_cut_through_1569_tokens(encoder, clips):
    acts = encoder.media.lower(clips[:1], "block05")
    assert acts["activations"].shape == (1, 1569, B16.width)
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
        assert (found.card.dim, found.card.model, found.context_length) == (B16.dim, "viclip-b16", CONTEXT)
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
    shapes = authors_names(B16)
    # All tensors are views of one storage, the largest one's: 600 MB of zeros are not needed to look at names and shapes.
    zeros = torch.zeros(max(map(math.prod, shapes.values())))
    state = {name: zeros[: math.prod(shape)].view(shape) for name, shape in shapes.items()}
    del state["vision_encoder.proj"]
    state["text_encoder.logit_scale"] = torch.zeros(())
    state["text_encoder.positional_embedding"] = torch.zeros(77, B16.text_width)
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
