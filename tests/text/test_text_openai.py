"""The engine "openai" against a real server on loopback that answers with the miniature LLaMA."""

import asyncio
import gc
import logging
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest
import torch
from served_llama import Fault, Server, served_llama

from pipeline.recipe import RecipeError
from pipeline.recipe.load import parse_recipe
from pipeline.text.config import GenerateConfig
from pipeline.text.engines import Answer, Request, load_engine
from pipeline.text.engines.openai import OpenaiEngine
from pipeline.text.engines.retry import retry_after
from pipeline.text.errors import EngineError
from pipeline.text.generate import generate_texts
from pipeline.text.spec import texts_spec
from pipeline.text.template import PAPER_TEMPLATE, render_query
from stores import Store

LABELS = [["dog"], ["vacuum cleaner", "siren"], ["star", "circle"], ["xylophone"]]
REQUESTS = [Request(render_query(PAPER_TEMPLATE, "image", labels), seed) for seed, labels in enumerate(LABELS, 7)]
SECRET = "sk-very-secret-0123456789"


@pytest.fixture(scope="module")
def _running() -> Iterator[Server]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # the threads of small matrix products wait for each other on a busy machine
    with served_llama() as server:
        yield server
    torch.set_num_threads(before)


@pytest.fixture
def server(_running: Server) -> Server:
    _running.key, _running.refuses, _running.most_at_once = None, (), 0
    for each in (_running.faults, _running.seen, _running.times):
        each.clear()
    return _running


def config(server: Server, prompt_format: str = "raw", **settings: object) -> GenerateConfig:
    top = {name: settings.pop(name) for name in tuple(settings) if name in GenerateConfig.model_fields}
    part = {"url": server.url, "attempts": 3, "timeout_s": 20, "longest_wait_s": 5} | settings
    return GenerateConfig.model_validate(
        {"engine": "openai", "server": part, "prompt_format": prompt_format, "max_new_tokens": 16} | top
    )


def local(**settings: object) -> list[Answer]:
    made = GenerateConfig.model_validate({"max_new_tokens": 16} | settings)
    return load_engine(made, device="cpu").generate(REQUESTS)


def ask(asked: GenerateConfig, requests: list[Request] = REQUESTS) -> list[Answer]:
    engine = load_engine(asked)
    try:
        return engine.generate(requests)
    finally:
        engine.close()


@pytest.mark.parametrize(
    ("prompt_format", "path"), [("raw", "completions"), ("chat", "chat/completions"), ("auto", "chat/completions")]
)
def test_answers_are_the_model_s_own_in_the_order_asked(server: Server, prompt_format: str, path: str) -> None:
    assert ask(config(server, prompt_format)) == local()
    assert {seen["path"] for seen in server.seen} == {f"/v1/{path}"}
    assert sorted(seen["seed"] for seen in server.seen) == [7, 8, 9, 10]
    wanted = {"model": "miniature-llama", "temperature": 0.7, "top_k": 10, "top_p": 0.95, "max_tokens": 16}
    assert all(wanted.items() <= seen.items() and "stop" not in seen for seen in server.seen)


def test_a_completion_is_told_from_a_turn_of_a_chat(server: Server) -> None:
    assert [answer.continues for answer in ask(config(server, "raw"))] == [True] * 4
    for prompt_format in ("chat", "auto"):
        assert [answer.continues for answer in ask(config(server, prompt_format))] == [False] * 4
    assert [answer.continues for answer in local(prompt_format="raw")] == [True] * 4


def test_content_in_parts_is_read_without_thoughts(server: Server) -> None:
    parts = (
        b'[{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "A "}, {"type": "text", "text": "dog."}]'
    )
    server.faults.append(
        Fault(200, raw=b'{"choices": [{"message": {"content": ' + parts + b'}, "finish_reason": "stop"}]}')
    )
    assert ask(config(server, "chat"), REQUESTS[:1]) == [Answer("A dog.")]


def test_a_token_limit_and_a_stop_text_are_told(server: Server) -> None:
    assert all(answer.cut for answer in ask(config(server, max_new_tokens=5)))
    whole = [answer.text for answer in local(max_new_tokens=90)]
    stopped = ask(config(server, stop=["\n3", "2."], max_new_tokens=90))
    assert [answer.text for answer in stopped] == [re.split(r"\n3|2\.", text)[0] for text in whole]
    assert not any(answer.cut for answer in stopped) and all(answer.text for answer in stopped)


def test_a_whole_run_writes_what_the_transformers_engine_writes(server: Server, tmp_path: Path) -> None:
    sizes = {"sentences_per_class": 6, "max_rounds": 2, "queries_per_shard": 2, "max_new_tokens": 110}
    rows = []
    for name, made in (("served", config(server, **sizes)), ("local", GenerateConfig(**sizes))):  # type: ignore[arg-type]
        store = Store(tmp_path / name)
        summary = generate_texts(store, made, "image", ["circle", "star"], device="cpu")
        artifact = store.artifact(texts_spec(made, "image"))
        rows.append((artifact.table().to_pylist(), artifact.rejected(), summary.accepted, summary.queries))
    assert rows[0] == rows[1]
    assert rows[0][2] >= 12


def test_requests_go_side_by_side_up_to_the_limit(server: Server) -> None:
    server.faults.extend([Fault(sleep_s=0.3)] * 4)
    engine = load_engine(config(server, concurrency=2, max_new_tokens=2))
    first, second = engine.submit(REQUESTS[:2]), engine.submit(REQUESTS[2:])
    assert len([future.result() for future in [*first, *second]]) == 4
    engine.close()
    assert server.most_at_once == 2


@pytest.mark.parametrize(
    "fault",
    [
        Fault(429, {"error": {"message": "slow down"}}),
        Fault(500, {"error": {"message": "oops"}}),
        Fault(503, raw=b"<html>busy</html>"),
        Fault(200, raw=b'{"choices": [{"te'),
        Fault(200, raw=b"\xff\xfe"),
    ],
)
def test_failures_that_pass_are_asked_again(server: Server, fault: Fault) -> None:
    server.faults.extend([fault, None, fault, fault])
    assert ask(config(server, attempts=4)) == local()
    assert len(server.seen) == 7


def test_a_server_that_does_not_answer_in_time_is_asked_again(server: Server) -> None:
    server.faults.append(Fault(sleep_s=1.5))
    assert ask(config(server, timeout_s=0.7, max_new_tokens=3), REQUESTS[:1])[0].cut
    assert len(server.seen) == 2


def test_retry_after_is_honoured(server: Server) -> None:
    server.faults.append(Fault(429, {}, {"Retry-After": "1.2"}))
    assert len(ask(config(server, max_new_tokens=3), REQUESTS[:1])) == 1
    assert server.times[1] - server.times[0] >= 1.2


def test_retry_after_as_a_date() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    waits = [retry_after(httpx.Response(429, headers={"Retry-After": text})) for text in (later, "7", "soon", "-3", "")]
    assert 25 < waits[0] <= 30
    assert waits[1:] == [7.0, 0.0, 0.0, 0.0]
    assert retry_after(httpx.Response(429)) == 0.0


def test_a_wait_that_is_too_long_ends_the_run(server: Server) -> None:
    server.faults.append(Fault(429, {}, {"Retry-After": "3600"}))
    with pytest.raises(EngineError) as caught:
        ask(config(server), REQUESTS[:1])
    assert str(caught.value) == (
        f"generate: the server at {server.url} answered with status 429 and asks to wait 3600 s, more than "
        "generate.server.longest_wait_s (5 s). What was published is safe: run the same command later, or raise "
        "longest_wait_s"
    )


def test_failures_that_do_not_pass_are_told(server: Server) -> None:
    server.faults.extend([Fault(502, {})] * 2)
    with pytest.raises(
        EngineError, match=r"failed 2 times in a row, at last with status 502\. What was published is safe"
    ):
        ask(config(server, attempts=2), REQUESTS[:1])
    with pytest.raises(EngineError, match="at last with an answer that is no JSON"):
        server.faults.append(Fault(200, raw=b"hello"))
        ask(config(server, attempts=1), REQUESTS[:1])


def test_nobody_listens() -> None:
    settings = {"url": "http://127.0.0.1:9/v1", "attempts": 2}
    with pytest.raises(EngineError, match=r"http://127.0.0.1:9/v1 failed 2 times in a row, at last with ConnectError"):
        ask(GenerateConfig.model_validate({"engine": "openai", "server": settings}), REQUESTS[:1])


def test_one_refused_request_ends_the_batch_at_once(server: Server) -> None:
    server.faults.extend([Fault(400, {"error": {"message": "no such thing"}}), *[Fault(sleep_s=0.2)] * 3])
    with pytest.raises(EngineError) as caught:
        ask(config(server, concurrency=1))
    assert str(caught.value) == (
        f"generate: the server at {server.url} refused a request with status 400: no such thing. Mend generate.model, the "
        "sampling, or top_k: 0, which is then not sent, or prompt_format: chat"
    )
    assert len(server.seen) <= 2


def test_a_server_that_knows_no_top_k(server: Server) -> None:
    server.refuses = ("top_k",)
    with pytest.raises(EngineError, match="argument supplied: top_k. Mend .* or top_k: 0, which is then not sent"):
        ask(config(server), REQUESTS[:1])
    assert ask(config(server, top_k=0), REQUESTS[:1])[0].text


def test_another_model_and_another_address(server: Server) -> None:
    with pytest.raises(EngineError) as caught:
        ask(config(server, model="llama"), REQUESTS[:1])
    assert str(caught.value) == (
        f"generate: the server at {server.url} refused a request with status 404: The model `llama` does not exist. Asked "
        "for was the model 'llama'; the server has 'miniature-llama'. Set generate.model to one of them"
    )
    with pytest.raises(EngineError, match="/v2/models does not list what the server has, so look whether the address"):
        ask(config(server, url=server.url.replace("v1", "v2")), REQUESTS[:1])


def test_an_answer_of_another_protocol(server: Server) -> None:
    server.faults.append(Fault(200, raw=b'{"response": "hi"}'))
    with pytest.raises(EngineError, match=r"/completions gave an answer without a choice: \{'response': 'hi'\}"):
        ask(config(server), REQUESTS[:1])


def test_a_query_that_is_too_long_is_told_and_the_others_answered(server: Server) -> None:
    long = Request(render_query(PAPER_TEMPLATE, "image", ["dog"] * 600), 1)
    assert ask(config(server), [REQUESTS[0], long]) == [local()[0], Answer("", problem="query too long")]


def test_the_key_is_sent_and_told_nowhere(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    server.key = SECRET
    monkeypatch.setenv("MMPT_TEST_KEY", SECRET)
    made = config(server, key_env="MMPT_TEST_KEY", sentences_per_class=5, max_rounds=1, max_new_tokens=60)
    generate_texts(Store(tmp_path), made, "image", ["star"])
    server.key = "another"
    with pytest.raises(EngineError) as caught:
        ask(made, REQUESTS[:1])
    assert str(caught.value) == (
        f"generate: the server at {server.url} refused a request with status 401: Incorrect API key provided: Bearer ***. "
        "Here the key in MMPT_TEST_KEY was sent; set generate.server.key_env to the environment variable that holds a "
        "valid one"
    )
    with pytest.raises(EngineError, match="Here no key was sent; set generate.server.key_env"):
        ask(config(server), REQUESTS[:1])
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert written and SECRET.encode() not in written
    assert SECRET not in made.model_dump_json() + str(texts_spec(made, "image").as_json())
    assert not [record for record in caplog.records if SECRET in record.getMessage()]


def test_a_key_that_is_not_there(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MMPT_TEST_KEY", raising=False)
    with pytest.raises(EngineError) as caught:
        load_engine(config(server, key_env="MMPT_TEST_KEY"))
    assert str(caught.value) == (
        "generate: server.key_env names the environment variable MMPT_TEST_KEY, which is not set. Set it: export "
        "MMPT_TEST_KEY=…, or leave key_env out for a server that wants no key"
    )
    monkeypatch.setenv("MMPT_TEST_KEY", "a\nb")
    with pytest.raises(EngineError, match="what MMPT_TEST_KEY holds cannot be an API key"):
        load_engine(config(server, key_env="MMPT_TEST_KEY"))


@pytest.mark.parametrize(
    ("part", "told"),
    [
        (f"key_env: {SECRET}", "key_env is the name of an environment variable in capitals"),
        (f"api_key: {SECRET}", "Allowed here: attempts, concurrency, key_env,"),
        (f"url: 'http://me:{SECRET}@host/v1'", "url holds no user, password or query"),
        (f"url: 'http://host/v1?key={SECRET}'", "url holds no user, password or query"),
        ("url: host:8000", "url is the address of a server, such as http://127.0.0.1:8000/v1"),
    ],
)
def test_a_recipe_holds_no_key(part: str, told: str) -> None:
    text = "name: x\nmodalities: {image: {labels: [a, b], encoder: miniature-clip}}\ngenerate:\n  engine: openai\n"
    text += f"  server:\n    {part}\n"
    with pytest.raises(RecipeError) as caught:
        parse_recipe(text, where="recipe", base=Path())
    assert told in str(caught.value)
    assert SECRET not in str(caught.value)


def test_neither_address_nor_retries_name_the_texts_but_model_and_sampling_do(server: Server) -> None:
    base = texts_spec(config(server), "image")
    same = config(
        server, url="https://elsewhere/v1", concurrency=1, attempts=9, timeout_s=1, key_env="K", longest_wait_s=9
    )
    assert texts_spec(same, "image") == base
    others = [{"model": "m"}, {"top_k": 1}, {"stop": ["x"]}, {"max_new_tokens": 9}, {"temperature": 0.1}]
    specs = [texts_spec(config(server, **other), "image").fingerprint for other in others]
    specs.append(texts_spec(config(server, "chat"), "image").fingerprint)
    assert len({base.fingerprint, *specs}) == 7
    assert "127.0.0.1" not in str(base.as_json())


def test_endpoints_may_be_left_in_the_address(server: Server) -> None:
    for end in ("/", "/completions", "/chat/completions/"):
        assert config(server, url=server.url + end).server.url == server.url


def test_a_dropped_engine_leaves_no_thread(server: Server) -> None:
    before = threading.active_count()
    engine = load_engine(config(server, max_new_tokens=2))
    engine.generate(REQUESTS[:1])
    del engine
    gc.collect()
    deadline = time.monotonic() + 5
    while any(thread.name == "openai-engine" for thread in threading.enumerate()) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before + 1  # the server may have started one for the request


def test_a_cancelled_batch_is_dropped(server: Server) -> None:
    server.faults.append(Fault(sleep_s=20.0))
    engine = load_engine(config(server))
    (future,) = engine.submit(REQUESTS[:1])
    while not server.seen:
        time.sleep(0.01)
    start = time.monotonic()
    future.cancel()
    engine.close()
    assert time.monotonic() - start < 10
    assert future.cancelled()


def test_it_works_inside_a_running_loop(server: Server) -> None:
    async def inside() -> list[Answer]:
        return ask(config(server, max_new_tokens=3), REQUESTS[:1])

    assert asyncio.run(inside())[0].cut


def test_ctrl_c_ends_it_at_once(server: Server) -> None:
    server.faults.append(Fault(sleep_s=20))
    script = (
        "import sys\nfrom pipeline.text.config import GenerateConfig\nfrom pipeline.text.engines import Request, load_engine\n"
        "load_engine(GenerateConfig.model_validate_json(sys.argv[1])).generate([Request('hi', 1)])"
    )
    asked = config(server).model_dump_json()
    child = subprocess.Popen([sys.executable, "-c", script, asked], stderr=subprocess.PIPE, text=True)
    while not server.seen:
        time.sleep(0.02)
    start = time.monotonic()
    child.send_signal(2)
    _, told = child.communicate(timeout=15)
    assert time.monotonic() - start < 10
    assert told.rstrip().endswith("KeyboardInterrupt")


def test_nothing_heavy_is_imported_for_it() -> None:
    script = (
        "import sys, pipeline.text.engines.openai\nassert not {'torch', 'transformers', 'openai'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
    assert OpenaiEngine.__module__ == "pipeline.text.engines.openai"
