import json
import re
from pathlib import Path

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from pipeline.text.config import GenerateConfig
from pipeline.text.engines import Answer, Request, load_engine
from pipeline.text.engines.base import Form, Sampling
from pipeline.text.engines.prompts import prompt_ids
from pipeline.text.engines.transformers import TransformersEngine
from pipeline.text.errors import EngineError
from pipeline.text.models import ModelSource, model_source
from pipeline.text.template import PAPER_TEMPLATE, render_query

LABELS = [
    ["dog"],
    ["vacuum cleaner", "siren"],
    ["star", "circle", "American pit bull terrier"],
    ["xylophone"],
    ["oak", "gromplix"],
]
REQUESTS = [Request(render_query(PAPER_TEMPLATE, "image", labels), seed) for seed, labels in enumerate(LABELS * 2, 7)]
SAMPLING = Sampling(temperature=0.9, top_k=20, top_p=0.95, max_new_tokens=30)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """On a busy machine the threads of small matrix products wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def source():
    return model_source("miniature-llama")


@pytest.fixture(scope="module")
def engine(source):
    return TransformersEngine.load(source, SAMPLING, device="cpu")


def test_an_answer_does_not_depend_on_its_neighbours(engine):
    together = engine.generate(REQUESTS)
    assert engine.generate(REQUESTS[::-1]) == together[::-1]
    assert [engine.generate([request])[0] for request in REQUESTS] == together
    assert len({answer.text for answer in together}) == len(REQUESTS)


def test_the_seed_decides(engine):
    first, second = Request(REQUESTS[0].prompt, 1), Request(REQUESTS[0].prompt, 2)
    a, b, c = engine.generate([first, second, first])
    assert a == c != b


def test_greedy_answers_are_those_of_transformers(source, engine):
    greedy = TransformersEngine.load(source, Sampling(0.0, 0, 1.0, 40), device="cpu")
    for request, answer in zip(REQUESTS[:5], greedy.generate(REQUESTS[:5]), strict=True):
        ids = torch.tensor([prompt_ids(engine._tokenizer, request.prompt)])
        expected = greedy._model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=40, do_sample=False)
        assert answer.text == engine._tokenizer.decode(expected[0, ids.shape[1] :], skip_special_tokens=True)


def test_sampling_keeps_top_k_and_top_p():
    # Probabilities 0.5, 0.3, 0.15, 0.05 in the order of tokens 2, 0, 3, 1.
    logits = torch.log(torch.tensor([[0.3, 0.05, 0.5, 0.15]])).repeat(1000, 1)
    numbers = (torch.arange(1000) + 0.5) / 1000

    def shares(**change):
        sampling = Sampling(**{"temperature": 1.0, "top_k": 0, "top_p": 1.0, "max_new_tokens": 1, **change})
        drawer = TransformersEngine.__new__(TransformersEngine)
        drawer._sampling = sampling
        return torch.bincount(drawer._draw(logits, numbers), minlength=4) / 1000

    def near(*expected):
        return pytest.approx(torch.tensor(expected).tolist(), abs=2e-3)

    assert shares().tolist() == near(0.3, 0.05, 0.5, 0.15)
    assert shares(top_k=2).tolist() == near(0.375, 0, 0.625, 0)
    assert shares(top_k=1).tolist() == near(0, 0, 1, 0)
    assert shares(top_p=0.7).tolist() == near(0.375, 0, 0.625, 0)
    assert shares(top_p=0.4).tolist() == near(0, 0, 1, 0)
    assert shares(temperature=0.0).tolist() == near(0, 0, 1, 0)
    squared = torch.tensor([0.3, 0.05, 0.5, 0.15]).square()
    assert shares(temperature=0.5).tolist() == near(*(squared / squared.sum()).tolist())


def test_draws_of_a_request_do_not_depend_on_how_many_are_taken():
    from pipeline.text.engines.transformers import _numbers

    for count in (1, 7, 15, 16, 17, 100):
        assert torch.equal(_numbers(5, count), _numbers(5, 256)[:count])


def test_the_token_limit_is_told(source):
    short = TransformersEngine.load(source, Sampling(0.7, 10, 0.95, 5), device="cpu")
    assert all(answer.cut and answer.text for answer in short.generate(REQUESTS))


def test_queries_that_do_not_fit_are_told_and_the_others_answered(engine):
    long = Request(render_query(PAPER_TEMPLATE, "image", ["dog"] * 600), 1)
    nearly = Request(render_query(PAPER_TEMPLATE, "image", ["dog"] * 230), 1)
    answers = engine.generate([REQUESTS[0], long, nearly])
    assert answers[0] == engine.generate(REQUESTS[:1])[0]
    assert answers[1] == Answer("", problem="query too long")
    left = 512 - len(prompt_ids(engine._tokenizer, nearly.prompt))
    assert 0 < left < 30
    assert len(engine._tokenizer(answers[2].text, add_special_tokens=False)["input_ids"]) <= left


def test_no_requests(engine):
    assert engine.generate([]) == []


def test_stop_texts_end_an_answer(source, engine):
    limits = (0.9, 20, 0.95, 60)
    whole = TransformersEngine.load(source, Sampling(*limits), device="cpu").generate(REQUESTS)
    stopping = TransformersEngine.load(source, Sampling(*limits, ("2.", " the ")), device="cpu")
    stopped = stopping.generate(REQUESTS)
    assert [answer.text for answer in stopped] == [re.split(r"2\.| the ", answer.text)[0] for answer in whole]
    assert [answer.cut for answer in stopped] == [
        answer.cut and not re.search(r"2\.| the ", answer.text) for answer in whole
    ]
    assert any(len(a.text) < len(b.text) for a, b in zip(stopped, whole, strict=True))


def test_a_base_model_has_no_chat_template(source):
    with pytest.raises(EngineError) as caught:
        TransformersEngine.load(source, SAMPLING, Form("chat"), device="cpu")
    assert str(caught.value) == (
        f"generate: '{source.location}': prompt_format: chat was asked for, but the model's tokenizer has no chat template. "
        "Use prompt_format: raw for a base model, or a model made for chat, such as meta-llama/Llama-2-7b-chat-hf"
    )


def test_a_chat_model_gets_its_chat_template_with_one_start_token(engine, tmp_path):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model_source("miniature-llama").location)
    plain = prompt_ids(tokenizer, "Hi.")
    assert plain.count(tokenizer.bos_token_id) == 1 and plain[0] == tokenizer.bos_token_id
    tokenizer.chat_template = "{{ bos_token }}[INST] {{ messages[0]['content'] }} [/INST]"
    chat = prompt_ids(tokenizer, "Hi.")
    assert tokenizer.decode(chat) == "<s>[INST] Hi. [/INST]"
    assert prompt_ids(tokenizer, "Hi.", "raw") == plain
    assert prompt_ids(tokenizer, "Hi.", "chat") == chat
    assert chat.count(tokenizer.bos_token_id) == 1


def test_grouped_heads_and_several_end_tokens(source, tmp_path):
    """A model in another shape, saved and loaded from a folder."""
    torch.manual_seed(0)
    shape = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = LlamaConfig(vocab_size=1536, num_key_value_heads=2, max_position_embeddings=256, **shape)
    config.eos_token_id = [2, 9]
    LlamaForCausalLM(config).save_pretrained(tmp_path)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((Path(source.location) / name).read_bytes())
    other = load_engine(GenerateConfig(model=str(tmp_path), max_new_tokens=30), device="cpu")
    together = other.generate(REQUESTS)
    assert [other.generate([request])[0] for request in REQUESTS] == together


def test_a_folder_that_holds_no_model(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llama"}))
    (tmp_path / "model.safetensors").write_bytes(b"nothing")
    source = ModelSource(str(tmp_path), None, "")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        with pytest.raises(
            EngineError, match=f"transformers cannot load '{tmp_path}' on cpu: .* Use 'miniature-llama'"
        ):
            TransformersEngine.load(source, SAMPLING, device="cpu")
        (tmp_path / name).write_bytes((Path(model_source("miniature-llama").location) / name).read_bytes())
    with pytest.raises(EngineError, match=f"transformers cannot load '{tmp_path}' on cpu: .* Use 'miniature-llama'"):
        TransformersEngine.load(source, SAMPLING, device="cpu")


def test_only_one_file_imports_vllm():
    package = Path(__file__).resolve().parents[2] / "pipeline"
    statement = re.compile(r"^\s*(from|import) vllm\b", re.MULTILINE)
    importing = [path.name for path in package.rglob("*.py") if statement.search(path.read_text("utf-8"))]
    assert importing == ["vllm.py"]
