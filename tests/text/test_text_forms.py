"""How a query is put to a model, and what its answer is held to: thinking, values of chat templates, JSON lists, GGUF."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from served_llama import Fault, Server, served_llama
from transformers import AutoTokenizer

from pipeline.text.config import GenerateConfig
from pipeline.text.engines import Request, load_engine
from pipeline.text.engines.prompts import prompt_ids
from pipeline.text.errors import EngineError, ModelNotFound
from pipeline.text.generate import generate_texts
from pipeline.text.models import model_source
from pipeline.text.spec import texts_spec
from stores import Store

THINKS = (
    "{{ bos_token }}[INST] {{ messages[0]['content'] }} [/INST]"
    "{% if enable_thinking is defined and enable_thinking is false %}(no thoughts){% endif %}{{ tone }}"
)
PLAIN = "{{ bos_token }}[INST] {{ messages[0]['content'] }} [/INST]{{ tone }}"


def chat_model(folder: Path, template: str, apart: bool = False) -> Path:
    """The miniature LLaMA with a chat template, in the tokenizer's configuration or in a file of its own."""
    shutil.copytree(model_source("miniature-llama").location, folder)
    if apart:
        (folder / "chat_template.jinja").write_text(template)
    else:
        settings = json.loads((folder / "tokenizer_config.json").read_text()) | {"chat_template": template}
        (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return folder


def config(**settings: Any) -> GenerateConfig:
    return GenerateConfig.model_validate({"max_new_tokens": 16} | settings)


@pytest.fixture(scope="module")
def _running() -> Iterator[Server]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with served_llama() as server:
        yield server
    torch.set_num_threads(before)


@pytest.fixture
def server(_running: Server) -> Server:
    for each in (_running.faults, _running.seen):
        each.clear()
    return _running


@pytest.mark.parametrize("apart", [False, True])
def test_nobody_thinks_aloud_where_a_template_knows_of_it(tmp_path: Path, apart: bool) -> None:
    folder = chat_model(tmp_path / "model", THINKS, apart)
    tokenizer = AutoTokenizer.from_pretrained(str(folder))

    def ends(values: dict[str, Any]) -> str:
        return str(tokenizer.decode(prompt_ids(tokenizer, "Five dogs", "auto", values))).partition("[/INST]")[2].strip()

    assert ends({}) == "(no thoughts)"
    assert ends({"enable_thinking": True}) == ""
    assert ends({"tone": "(dry)"}) == "(no thoughts)(dry)"
    named = texts_spec(config(model=str(folder)), "image").fields
    assert named["chat_template"] == {"enable_thinking": False}
    assert texts_spec(config(model=str(folder), prompt_format="raw"), "image").fields.get("chat_template") is None
    loud = texts_spec(config(model=str(folder), chat_template_kwargs={"enable_thinking": True}), "image").fields
    assert loud["chat_template"] == {"enable_thinking": True}


def test_other_templates_are_as_they_were(tmp_path: Path) -> None:
    folder = chat_model(tmp_path / "model", PLAIN)
    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    as_before = tokenizer.apply_chat_template(
        [{"role": "user", "content": "a"}], tokenize=False, add_generation_prompt=True
    )
    assert prompt_ids(tokenizer, "a") == tokenizer(as_before, add_special_tokens=False)["input_ids"]
    assert "chat_template" not in texts_spec(config(model=str(folder)), "image").fields
    assert "chat_template" not in texts_spec(config(), "image").fields


def test_values_reach_the_model(tmp_path: Path) -> None:
    folder, requests = chat_model(tmp_path / "model", PLAIN), [Request("A sentence about a dog", 1)]

    def written(**settings: Any) -> str:
        made = config(model=str(folder), temperature=0, **settings)
        return load_engine(made, device="cpu").generate(requests)[0].text

    assert written() != written(chat_template_kwargs={"tone": " 1. The old clock"})


def test_a_server_is_told_form_and_values_only_where_they_are_asked_for(server: Server) -> None:
    def seen(**settings: Any) -> dict[str, Any]:
        server.seen.clear()
        made = config(engine="openai", server={"url": server.url, "attempts": 1}, **settings)
        engine = load_engine(made)
        engine.generate([Request("A dog", 1)])
        engine.close()  # type: ignore[attr-defined]
        (found,) = server.seen
        return found

    plain = seen()
    assert "response_format" not in plain and "chat_template_kwargs" not in plain
    asked = seen(structured=True, chat_template_kwargs={"enable_thinking": False})
    assert asked["chat_template_kwargs"] == {"enable_thinking": False}
    shape = asked["response_format"]["json_schema"]
    assert asked["response_format"]["type"] == "json_schema" and shape["strict"] is True
    assert shape["schema"]["properties"]["sentences"] == {"type": "array", "items": {"type": "string"}}
    assert "response_format" in seen(structured=True, prompt_format="raw")


def answer(text: str) -> Fault:
    return Fault(200, raw=json.dumps({"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}).encode())


LIST = ["A small dog sleeps near the old door.", "The dog runs across a field in the evening."]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"sentences": LIST}),
        "```json\n" + json.dumps({"sentences": LIST}, indent=2) + "\n```",
        "<think>Five sentences about a dog.</think>" + json.dumps({"sentences": LIST}),
        f"1. {LIST[0]}\n2. {LIST[1]}",  # a server that does not know response_format
    ],
)
def test_the_same_sentences_are_kept_whatever_the_form(server: Server, tmp_path: Path, text: str) -> None:
    server.faults.extend([answer(text)] * 8)
    made = config(
        engine="openai",
        structured=True,
        server={"url": server.url},
        sentences_per_class=2,
        max_rounds=1,
        queries_per_shard=1,
    )
    generate_texts(Store(tmp_path / "w"), made, "image", ["dog"], device="cpu")
    rows = Store(tmp_path / "w").artifact(texts_spec(made, "image")).table().to_pylist()
    assert [row["text"] for row in rows] == LIST
    assert not any(mark in row["text"] for row in rows for mark in ("think", "{", "```", "sentences"))


def test_a_server_that_refuses_the_form_is_told_of(server: Server) -> None:
    server.faults.append(Fault(400, {"error": {"message": "unknown field response_format"}}))
    engine = load_engine(config(engine="openai", structured=True, server={"url": server.url, "attempts": 1}))
    with pytest.raises(
        EngineError, match="unknown field response_format.*may not know structured or chat_template_kwargs"
    ):
        engine.generate([Request("A dog", 1)])
    engine.close()  # type: ignore[attr-defined]


def test_structured_answers_have_a_name_of_their_own() -> None:
    served = {"engine": "openai", "model": "m"}
    one, other = (texts_spec(config(**served, structured=each), "image") for each in (False, True))
    assert one.fingerprint != other.fingerprint and "structured" not in one.fields


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"structured": True}, "'transformers' cannot hold a model to a form"),
        ({"engine": "templates", "structured": True}, "'templates' cannot hold"),
        ({"prompt_format": "raw", "chat_template_kwargs": {"a": 1}}, "prompt_format: raw uses none"),
        ({"engine": "deterministic", "chat_template_kwargs": {"a": 1}}, "the engine 'deterministic' has none"),
        (
            {"engine": "vllm", "vllm": {"engine_args": {"model": "x", "dtype": "half"}}},
            "engine_args holds dtype, model",
        ),
    ],
)
def test_what_cannot_be_is_told(settings: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        config(**settings)


def test_arguments_of_vllm_are_passed_on_and_named() -> None:
    from pipeline.text.engines.vllm_process import _arguments

    given = {"quantization": "awq", "kv_cache_dtype": "fp8", "engine_args": {"cpu_offload_gb": 4}}
    made = config(engine="vllm", vllm=given)
    arguments = _arguments(model_source("miniature-llama"), made.vllm)
    assert {"quantization": "awq", "kv_cache_dtype": "fp8", "cpu_offload_gb": 4}.items() <= arguments.items()
    assert "engine_args" not in arguments
    fields = texts_spec(made, "image").fields
    assert given.items() <= fields.items()
    plain = texts_spec(config(engine="vllm"), "image").fields
    assert not set(given) & set(plain)


def test_gguf_is_told_the_ways_that_work(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "a.gguf").write_bytes(b"GGUF")
    for name in (tmp_path / "model", tmp_path / "model" / "a.gguf"):
        with pytest.raises(ModelNotFound, match=r"is GGUF.*llama-server -m FILE.gguf.*engine: openai.*gguf_file=FILE"):
            model_source(str(name))
