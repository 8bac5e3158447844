import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from pipeline.encoders.cards import card
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.load import load_encoder

FAMILIES = ["clip", "clap", "viclip"]


@pytest.fixture
def copied(folders, tmp_path):
    def copy(family):
        return shutil.copytree(folders[family], tmp_path / family)

    return copy


def edit_weights(folder, edit):
    state = load_file(folder / "model.safetensors")
    save_file(edit(dict(state)), folder / "model.safetensors")


@pytest.mark.parametrize("family", FAMILIES)
def test_loading_twice_gives_the_same_features(folders, encoders, inputs, family):
    again = load_encoder(card(f"{family}:{folders[family]}"), "auto" if not torch.cuda.is_available() else "cpu")
    for half in ("text", "media"):
        x = inputs[family][half]
        torch.testing.assert_close(
            getattr(again, half).full(x), getattr(encoders[family], half).full(x), atol=0, rtol=0
        )


@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_requires_a_gradient_and_stored_halves_are_computed_in_float32(encoders, inputs, family):
    for half in ("text", "media"):
        out = getattr(encoders[family], half).full(inputs[family][half])
        assert out.dtype == torch.float32
        assert not out.requires_grad


@pytest.mark.parametrize("family", FAMILIES)
def test_bfloat16_is_near_float32(folders, encoders, inputs, family):
    half_precision = load_encoder(card(f"{family}:{folders[family]}"), "cpu", "bfloat16")
    for half in ("text", "media"):
        x = inputs[family][half]
        out = getattr(half_precision, half).full(x)
        assert out.dtype == torch.bfloat16
        wanted = getattr(encoders[family], half).full(x)
        assert torch.nn.functional.cosine_similarity(out.float(), wanted).min() > 0.99


@pytest.mark.parametrize("family", FAMILIES)
def test_missing_unexpected_and_misshapen_weights_are_listed(copied, family):
    folder = copied(family)
    names = sorted(load_file(folder / "model.safetensors"))
    norm = next(name for name in names if name.endswith("ln_post.weight") or name.endswith("audio_encoder.norm.weight"))
    bias = norm.replace("weight", "bias")

    def spoil(state):
        del state[norm]
        return {**state, "extra.weight": torch.zeros(1), bias: torch.zeros(3)}

    edit_weights(folder, spoil)
    with pytest.raises(EncoderError) as error:
        load_encoder(card(f"{family}:{folder}"), "cpu")
    message = str(error.value)
    assert f"1 missing: {norm}; 1 unexpected: extra.weight; 1 of another shape: {bias} (3,) for (32,)" in message


def test_many_missing_weights_are_counted(copied):
    folder = copied("viclip")
    edit_weights(folder, lambda state: {"temp": state["temp"]})
    with pytest.raises(EncoderError, match=r"7\d missing: text_encoder.ln_final.bias, .* and 6\d more"):
        load_encoder(card(f"viclip:{folder}"), "cpu")


def test_a_broken_weights_file_is_refused(copied):
    folder = copied("clip")
    (folder / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(EncoderError, match="model.safetensors' is no safetensors file"):
        load_encoder(card(f"clip:{folder}"), "cpu")
    (folder / "model.safetensors").unlink()
    with pytest.raises(EncoderError, match="there is no weights file"):
        load_encoder(card(f"clip:{folder}"), "cpu")


@pytest.mark.parametrize("family", ["clip", "viclip"])
def test_a_tokenizer_of_another_size_is_refused(copied, family):
    from pipeline.miniature.train.tokenizers import write_clip_merges

    folder = copied(family)
    size = write_clip_merges(folder / "bpe.txt.gz", ["a dog"], [], merges=2)
    with pytest.raises(EncoderError, match=f"the tokenizer has {size} tokens and the model 53"):
        load_encoder(card(f"{family}:{folder}"), "cpu")


def test_weights_without_derived_buffers_load(copied, encoders, inputs):
    folder = copied("clap")
    edit_weights(folder, lambda state: {k: v for k, v in state.items() if "relative_position_index" not in k})
    loaded = load_encoder(card(f"clap:{folder}"), "cpu")
    x = inputs["clap"]["media"]
    torch.testing.assert_close(loaded.media.full(x), encoders["clap"].media.full(x), atol=0, rtol=0)


@pytest.mark.parametrize(
    ("device", "dtype", "message"),
    [
        ("gpu", "float32", "unknown device 'gpu'; type cpu, cuda, cuda:N or auto"),
        ("cpu", "float64", "unknown dtype 'float64'; an encoder computes in float32, float16, bfloat16"),
    ],
)
def test_unknown_devices_and_dtypes_are_refused(folders, device, dtype, message):
    with pytest.raises(EncoderError, match=message):
        load_encoder(card(f"clip:{folders['clip']}"), device, dtype)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_refused(folders):
    with pytest.raises(EncoderError, match="device 'cuda:1': no CUDA GPU is visible here; type cpu or auto"):
        load_encoder(card(f"clip:{folders['clip']}"), "cuda:1")


def test_texts_are_cut_off_with_the_end_of_text(encoders):
    for encoder in encoders.values():
        long, short = encoder.tokenize(["a photo of " * 60, "dog"])
        assert len(long) == encoder.context_length
        assert long[-1] == short[-1]
