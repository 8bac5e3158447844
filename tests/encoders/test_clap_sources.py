"""CLAP in each publisher's format: the same audio gives the same embedding through all, on every call."""

import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from laion_checkpoints import NAMES, laion_checkpoint, laion_state, small_clap
from random_encoders import WORDS
from safetensors.torch import save_file
from torch.nn import functional as F
from transformers import ClapFeatureExtractor

from pipeline.encoders.cards import card
from pipeline.encoders.clap_mel import fused_log_mel, window_starts
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.load import load_encoder
from pipeline.media import AudioSpec
from pipeline.miniature.train.tokenizers import write_roberta_tokenizer

TEXTS = ["a dog", "the sound of rain on the table", "", "two red cats! " * 40]


def write_laion(folder, model, content=None):
    folder.mkdir(exist_ok=True)
    write_roberta_tokenizer(folder, WORDS * 20, [], size=300)
    torch.save(content or laion_checkpoint(model), folder / "630k-audioset-best.pt")
    return folder / "630k-audioset-best.pt"


def write_transformers(folder, model, pickled=False):
    model.config.save_pretrained(folder)
    ClapFeatureExtractor(frequency_min=50, truncation="rand_trunc").save_pretrained(folder)
    write_roberta_tokenizer(folder, WORDS * 20, [], size=300)
    if pickled:
        torch.save(model.state_dict(), folder / "pytorch_model.bin")
    else:
        save_file({name: x.contiguous() for name, x in model.state_dict().items()}, folder / "model.safetensors")
    return folder


def waves(*seconds, seed=0):
    """Noise that swells, NaN after the end of those that are shorter than the longest."""
    rng = np.random.default_rng(seed)
    longest = round(max(seconds) * 48_000)
    batch = np.full((len(seconds), longest), np.nan, np.float32)
    for row, length in zip(batch, (round(s * 48_000) for s in seconds), strict=True):
        row[:length] = rng.normal(0, 0.2, length) * np.linspace(0.1, 1, length)
    return torch.tensor(batch)


def embed(encoder, sounds):
    np.random.seed()  # whoever draws from the global generator gives another result each time
    torch.seed()
    texts = encoder.text.full(encoder.collate(encoder.tokenize(TEXTS)))
    return texts, encoder.media.full(sounds)


@pytest.mark.parametrize("fused", [False, True])
def test_both_formats_give_the_same_embeddings_on_every_call(tmp_path, fused):
    model = small_clap(fused)
    sounds = waves(10, 23, 31.4) if fused else waves(10, 10, 10)
    laion = load_encoder(card(f"clap:{write_laion(tmp_path / 'laion', model)}"), "cpu")
    safe = load_encoder(card(f"clap:{write_transformers(tmp_path / 'safe', model)}"), "cpu")
    pickled = load_encoder(card(f"clap:{write_transformers(tmp_path / 'pickled', model, pickled=True)}"), "cpu")
    first = embed(laion, sounds)
    assert torch.cdist(first[1], first[1]).fill_diagonal_(9).min() > 0.03  # of two noises
    for encoder in (laion, safe, pickled):
        for ours, wanted in zip(embed(encoder, sounds), first, strict=True):
            torch.testing.assert_close(ours, wanted, atol=0, rtol=0)


@pytest.mark.parametrize("fused", [False, True])
def test_a_checkpoint_has_the_names_of_laion_claps_own_model(fused):
    names = {re.sub(r"\d+", "#", name) for name in laion_state(small_clap(fused))}
    extra = {name for name in names - set(NAMES)}
    assert set(NAMES) <= names
    assert all(re.search(r"patch_embed\.(mel_conv#d|fusion_model)\.", name) for name in extra)
    assert bool(extra) == fused


def test_sizes_are_read_off_the_shapes(tmp_path):
    model = small_clap(depths=[2, 2, 4], num_attention_heads=[1, 2, 4], hidden_size=64)
    encoder = load_encoder(card(f"clap:{write_laion(tmp_path, model)}"), "cpu")
    assert encoder.media.cuts == ("waveform", "spectrogram", "stage00", "stage01", "stage02", "output")
    assert encoder.text.cuts == ("tokens", "block00", "block01", "output")
    assert (encoder.card.dim, encoder.card.media, encoder.card.modality) == (512, AudioSpec(48_000, 10.0), "audio")


def test_the_card_of_a_checkpoint_is_its_content_and_its_tokenizers(tmp_path):
    model = small_clap()
    first = card(f"clap:{write_laion(tmp_path / 'one', model)}")
    assert card(f"clap:{write_laion(tmp_path / 'two', model)}").digest == first.digest
    assert card(f"clap:{write_laion(tmp_path / 'three', small_clap(seed=1))}").digest != first.digest
    tokenizer = tmp_path / "one" / "tokenizer.json"
    tokenizer.write_text(tokenizer.read_text() + " ")
    assert card(f"clap:{tmp_path / 'one' / '630k-audioset-best.pt'}").digest != first.digest


def test_describing_a_checkpoint_imports_no_torch(tmp_path):
    file = write_laion(tmp_path, small_clap())
    code = f"import sys; from pipeline.encoders.cards import card; card('clap:{file}'); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("False\n", "")


def spoiled(change):
    state = laion_state(small_clap())
    change(state)
    return {"state_dict": state}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("audio_branch.norm.bias"), "1 missing: audio_model.audio_encoder.norm.bias"),
        (lambda s: s.update({"audio_branch.new": torch.zeros(1)}), "1 unexpected: audio_model.audio_encoder.new"),
        (lambda s: s.update({"text_projection.2.bias": torch.zeros(3)}), r"linear2.bias \(3,\) for \(512,\)"),
        (lambda s: s.pop("audio_branch.patch_embed.proj.weight"), "no checkpoint of laion-clap with HTSAT and RoBERTa"),
        (lambda s: s.update({"text_branch.embeddings.token_type_embeddings.weight": torch.zeros(2, 128)}),
         "looked for one token type, found 2, as BERT has"),
        (lambda s: s["audio_branch.logmel_extractor.melW"].roll(1), None),
        (lambda s: s.update({"audio_branch.logmel_extractor.melW": torch.tensor(
            ClapFeatureExtractor(frequency_min=0).mel_filters_slaney)}), "was trained with other mel filters than"),
        (lambda s: s.update({"audio_branch.logmel_extractor.melW": torch.zeros(513, 128)}), "other mel filters"),
    ],
)  # fmt: skip
def test_a_checkpoint_that_does_not_fit_is_refused(tmp_path, change, message):
    file = write_laion(tmp_path, None, spoiled(change))
    if message is None:
        assert load_encoder(card(f"clap:{file}"), "cpu").card.dim == 512
        return
    with pytest.raises(EncoderError, match=message):
        load_encoder(card(f"clap:{file}"), "cpu")


def test_damaged_and_foreign_checkpoints_are_refused(tmp_path):
    file = write_laion(tmp_path, small_clap())
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(EncoderError, match="is damaged or no PyTorch checkpoint"):
        load_encoder(card(f"clap:{file}"), "cpu")
    torch.save({"audio_branch.conv_block1.weight": torch.zeros(3)}, file)  # PANN
    with pytest.raises(EncoderError, match="it has 1 tensors, the first 'audio_branch.conv_block1.weight'"):
        load_encoder(card(f"clap:{file}"), "cpu")
    torch.save({"epoch": 3}, file)
    with pytest.raises(EncoderError, match="holds the keys 'epoch', not tensors by name, on top or under 'state_dict'"):
        load_encoder(card(f"clap:{file}"), "cpu")
    with pytest.raises(EncoderError, match="there is no file 'gone.pt'"):
        card("clap:gone.pt")


def test_a_checkpoint_without_a_tokenizer_says_where_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "empty"))
    torch.save(laion_checkpoint(small_clap()), tmp_path / "music.pt")
    with pytest.raises(EncoderError) as error:
        load_encoder(card(f"clap:{tmp_path / 'music.pt'}"), "cpu")
    assert "holds no tokenizer, and 'roberta-base' is not in the cache of the hub and cannot be" in str(error.value)
    assert f"(or tokenizer.json) beside {str(tmp_path / 'music.pt')!r}, or type: hf download roberta-base" in str(
        error.value
    )


def test_a_folder_whose_configuration_is_fused_and_weights_are_not_is_refused(tmp_path):
    folder = write_transformers(tmp_path, small_clap())
    small_clap(fused=True).config.save_pretrained(folder)
    with pytest.raises(EncoderError, match="missing: audio_model.audio_encoder.patch_embed.fusion_model.global_att"):
        load_encoder(card(f"clap:{folder}"), "cpu")


def test_the_windows_of_a_fused_model_are_the_middle_of_each_third():
    assert window_starts(1301, 1001) == [50, 151, 251]
    assert window_starts(1003, 1001) == [0, 1, 2]
    assert window_starts(1002, 1001) == [0, 1, 0]


@pytest.fixture
def extractor():
    return ClapFeatureExtractor(frequency_min=50, truncation="fusion", padding="repeatpad")


def middle(values):
    return values[len(values) // 2]


def theirs(extractor, wave, monkeypatch):
    """The extractor of transformers, whose one draw takes the middle of what it is given."""
    monkeypatch.setattr(np.random, "choice", middle)
    features = extractor([wave[~np.isnan(wave)]], sampling_rate=48_000, return_tensors="pt")
    return features["input_features"][0].float()


@pytest.mark.parametrize("seconds", [1.7, 4, 5, 10, 10.005, 10.02, 13, 27.77])
def test_fused_spectrograms_are_those_of_transformers(extractor, monkeypatch, seconds):
    wave = waves(seconds)
    mel, longer = fused_log_mel(extractor, wave)
    assert longer.tolist() == [seconds > 10.01]
    torch.testing.assert_close(mel[0], theirs(extractor, wave[0].numpy(), monkeypatch), atol=1e-4, rtol=0)
    if longer[0]:
        assert (mel[0, 1] - mel[0, 2]).abs().max() > 1


def test_the_length_of_the_others_does_not_matter(extractor):
    batch = waves(3, 12, 20)
    together, longer = fused_log_mel(extractor, batch)
    assert longer.tolist() == [False, True, True]
    for row in range(3):
        alone, _ = fused_log_mel(extractor, batch[row : row + 1, : int((~batch[row].isnan()).sum())])
        torch.testing.assert_close(alone[0], together[row], atol=0, rtol=0)


def test_the_fused_tower_is_get_audio_features_and_cuts_anywhere(tmp_path):
    model = small_clap(fused=True)
    encoder = load_encoder(card(f"clap:{write_transformers(tmp_path, model)}"), "cpu")
    sounds = waves(10, 14, 21)
    acts = encoder.media.lower(sounds, "spectrogram")
    wanted = model.get_audio_features(acts["activations"], is_longer=acts["longer"][:, None]).pooler_output
    whole = encoder.media.full(sounds)
    torch.testing.assert_close(F.normalize(whole, dim=-1), wanted, atol=1e-6, rtol=0)
    for cut in encoder.media.cuts:
        torch.testing.assert_close(encoder.media.upper(encoder.media.lower(sounds, cut), cut), whole, atol=0, rtol=0)
    for row in range(3):
        torch.testing.assert_close(encoder.media.full(sounds[row : row + 1]), whole[row : row + 1], atol=1e-5, rtol=0)
