import json
import random
from pathlib import Path

import pytest
import torch

from pipeline.miniature.train.llama_batches import AnswerStream
from pipeline.miniature.train.llama_corpus import draw_example
from pipeline.miniature.train.llama_grammar import CLOSE, OPEN, write_sentence
from pipeline.miniature.train.llama_names import WORLD_NAMES, NameSource, held_out_names, invent_name, label_set_names
from pipeline.miniature.train.llama_score import pass_rate, spread
from pipeline.miniature.train.llama_tokenizer import train_tokenizer
from pipeline.text.engines import Request
from pipeline.text.engines.base import Sampling
from pipeline.text.engines.transformers import TransformersEngine
from pipeline.text.filters import reject_reason
from pipeline.text.models import ModelSource, model_source
from pipeline.text.parse import parse_answer
from pipeline.text.template import MAX_LABELS

MODALITIES = tuple(WORLD_NAMES)
SEEN, UNSEEN = 0.6, 0.4


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """On a busy machine the threads of small matrix products wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def names():
    return NameSource.training()


@pytest.fixture(scope="module")
def weights():
    return Path(model_source("miniature-llama").location)


@pytest.mark.parametrize("modality", MODALITIES)
def test_sentences_for_seen_names_pass_the_filters(weights, modality):
    assert pass_rate(weights, modality, WORLD_NAMES[modality], sentences=15).pass_rate >= SEEN


@pytest.mark.parametrize("modality", MODALITIES)
def test_sentences_for_unseen_names_pass_the_filters(weights, modality):
    assert pass_rate(weights, modality, spread(held_out_names()[modality], 24), sentences=15).pass_rate >= UNSEEN


def test_the_log_of_the_shipped_weights_is_kept(weights):
    lines = [json.loads(line) for line in (weights / "build-log.jsonl").read_text().splitlines()]
    assert lines[0]["event"] == "start" and lines[-1]["event"] == "scores"
    assert lines[-1]["seen"] >= SEEN and lines[-1]["unseen"] >= UNSEEN
    steps = [line for line in lines if "step" in line]
    assert steps[-1]["loss"] < steps[0]["loss"] / 3


def test_the_weights_are_small_and_half_precision(weights):
    from safetensors import safe_open

    assert (weights / "model.safetensors").stat().st_size < 4e6
    with safe_open(weights / "model.safetensors", "pt") as file:
        assert {file.get_tensor(name).dtype for name in file.keys()} == {torch.float16}  # noqa: SIM118


def test_held_out_names_are_not_in_training(names):
    held_out = {name.lower() for each in held_out_names().values() for name in each}
    rng = random.Random(0)
    drawn = {names.draw(rng, modality).lower() for modality in MODALITIES for _ in range(5000)}
    assert not drawn & held_out
    total = sum(map(len, label_set_names().values()))
    assert 0.08 < len(held_out) / total < 0.12
    assert all(set(WORLD_NAMES[modality]) <= drawn for modality in MODALITIES)


@pytest.mark.parametrize("modality", MODALITIES)
def test_the_grammar_writes_sentences_that_pass(names, modality):
    rng = random.Random(1)
    for _ in range(500):
        count = rng.randint(1, MAX_LABELS[modality])
        labels = [names.draw(rng, modality) for _ in range(count)]
        marked = write_sentence(rng, modality, labels)
        assert [part.split(CLOSE)[0] for part in marked.split(OPEN)[1:]] == labels
        sentence = marked.replace(OPEN, "").replace(CLOSE, "")
        assert "{" not in sentence and "~" not in sentence and sentence.endswith(".")
        assert reject_reason(sentence, labels, 25) in (None, "too few words")


def test_the_grammar_names_no_class_by_itself():
    for modality in ("image", "audio"):
        rng = random.Random(2)
        for _ in range(1000):
            sentence = write_sentence(rng, modality, ["gromplix"])
            assert all(reject_reason(sentence, [name], 99) for name in WORLD_NAMES[modality])


def test_answers_of_the_corpus_can_be_parsed(names):
    rng = random.Random(3)
    for _ in range(300):
        example = draw_example(rng, names)
        parsed = parse_answer(example.answer, cut=False)
        assert len(parsed.sentences) in (4, 5)
        labels = {example.text[start:stop] for start, stop in example.names}
        assert all(label in example.prompt for label in labels)


def test_invented_names_are_new_and_many(names):
    rng = random.Random(4)
    invented = {invent_name(rng, names.words) for _ in range(2000)}
    assert len(invented) > 1800
    assert all(name.strip() == name and name for name in invented)


def test_the_tokenizer_gives_back_any_text_and_splits_names_the_same_everywhere(names):
    rng = random.Random(5)
    tokenizer = train_tokenizer([draw_example(rng, names).text for _ in range(300)], vocabulary=700)
    assert tokenizer.get_vocab_size() <= 700
    for text in ("A dog.", "Ünïcödé 🐶 {x}\n2. Two  spaces", draw_example(rng, names).text):
        assert tokenizer.decode(tokenizer.encode(text).ids) == text
    for name in ("gromplix", "vacuum cleaner", "St. Bernard"):
        alone = tokenizer.encode(f"a {name}").tokens[2:]
        assert " ".join(tokenizer.encode(f"a {name}, a {name}.").tokens).count(" ".join(alone)) == 2
    example = draw_example(rng, names)
    prompt = tokenizer.encode(example.prompt).ids
    assert tokenizer.encode(example.text).ids[: len(prompt)] == prompt


def test_batches_weigh_the_answer_and_its_names_only(names):
    rng = random.Random(6)
    tokenizer = train_tokenizer([draw_example(rng, names).text for _ in range(300)], vocabulary=700)
    batch = AnswerStream(tokenizer, names, seed=0).next(share=0.5)
    for ids, weights, is_name in zip(batch.ids.tolist(), batch.weights.tolist(), batch.is_name.tolist(), strict=True):
        first = next(i for i, weight in enumerate(weights) if weight)
        prompt, answer = tokenizer.decode(ids[:first]), tokenizer.decode(ids[first:])
        assert prompt.endswith(".") and "includes:" in prompt
        assert answer.startswith("\n")
        labels = prompt.split("includes:")[1]
        assert all(
            tokenizer.decode([token]).strip() in labels for token, name in zip(ids, is_name, strict=True) if name
        )
        assert set(weights) == {0.0, 1.0, 3.0}
    again = AnswerStream(tokenizer, names, seed=0).next(share=0.5)
    assert torch.equal(batch.ids, again.ids)
    assert not torch.equal(
        batch.ids, AnswerStream(tokenizer, names, seed=1).next(share=0.5).ids[: len(batch.ids), : batch.ids.shape[1]]
    )


def test_a_few_seconds_of_training_write_a_folder_that_loads(tmp_path):
    from pipeline.miniature.train.llama import train_llama
    from pipeline.telemetry.progress import Progress

    train_llama(tmp_path, seconds=4, seed=0, device="cpu", progress=Progress.silent())
    engine = TransformersEngine.load(ModelSource(str(tmp_path), None, ""), Sampling(0.7, 10, 0.95, 8), device="cpu")
    assert engine.generate([Request("Hello.", 1)])[0].cut in (True, False)
    assert json.loads((tmp_path / "build-log.jsonl").read_text().splitlines()[0])["parameters"] < 2_000_000
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "build-log.jsonl",
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
