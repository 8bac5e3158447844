"""The generate stage against the bare language model over the same queries: parsing, filters, publishing cost at most a tenth.

The stage cuts the queries into shards of 64, parses and filters every answer, looks for near-duplicates and publishes each
shard with fsync; the bare model gets all queries in one call. With vLLM both sides are the miniature LLaMA in vLLM, in two
processes with the same settings, and the bare side is `LLM.generate`; set MMPT_VLLM_PYTHON to the Python of an environment
that holds vLLM (or have it in this one). Without vLLM, and as a second row, both sides are the engine "transformers", which
is given the same shards: it finishes one before it takes the next. The figure is the larger one.
"""

import contextlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from side_by_side import Claim, Finding, ratio, shown, take_turns, tell

CLAIM = Claim("the generate stage / the bare model, same queries", 1.1, at_least=False)
LABELS = (
    "circle star heart square triangle ring cross arrow moon cup key leaf fish house tree boat dog cat bird car"
).split()
SENTENCES, SHARD, TOKENS = 80, 64, 110
SAMPLING = {"temperature": 0.7, "top_k": 10, "top_p": 0.95}


def measure(rounds: int) -> Finding:
    from pipeline.text.config import GenerateConfig
    from pipeline.text.engines import Engine, Request, load_engine
    from pipeline.text.generate import generate_texts
    from pipeline.text.queries import query
    from pipeline.text.template import MAX_LABELS, render_query
    from stores import Store

    made = GenerateConfig.model_validate(
        {"sentences_per_class": SENTENCES, "max_rounds": 1, "queries_per_shard": SHARD, "max_new_tokens": TOKENS}
        | SAMPLING
    )
    asked = [
        query(made.seed, "image", anchor, number, LABELS, MAX_LABELS["image"])
        for anchor in LABELS
        for number in range(SENTENCES // 5)
    ]
    requests = [Request(render_query(made.template, "image", each.labels), each.seed) for each in asked]

    def stage(engine: Engine) -> Callable[[], None]:
        def run() -> None:
            with tempfile.TemporaryDirectory() as workspace:
                summary = generate_texts(Store(workspace), made, "image", LABELS, engine=engine)
                assert summary.queries == len(requests)

        return run

    ways: dict[str, Callable[[], object]] = {}
    sound = True
    with contextlib.ExitStack() as stack:
        python = os.environ.get("MMPT_VLLM_PYTHON") or (sys.executable if importlib.util.find_spec("vllm") else None)
        if python:
            settings = {"python": python, "dtype": "float32", "enforce_eager": True, "max_num_seqs": SHARD}
            settings |= {"gpu_memory_utilization": 0.4}
            os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "1")
            engine = load_engine(made.model_copy(update={"engine": "vllm", "vllm": _validated(settings)}))
            bare = stack.enter_context(_bare_vllm(python, requests))
            sound = [answer.text for answer in engine.generate(requests)] == bare()
            ways |= {"stage, vLLM": stage(engine), "LLM.generate, vLLM": bare}
        local = load_engine(made, device="cpu")
        shards = [requests[start : start + SHARD] for start in range(0, len(requests), SHARD)]
        ways |= {
            "stage, transformers": stage(local),
            "engine alone, transformers": lambda: [local.generate(shard) for shard in shards],
        }
        times = take_turns(ways, rounds)
    names = list(times)
    figures = {names[i]: ratio(times[names[i]], times[names[i + 1]]) for i in range(0, len(names), 2)}
    return Finding(
        max(figures.values()),
        {name: shown(seconds) for name, seconds in times.items()},
        notes=[
            f"{len(requests)} queries in shards of {SHARD}, {TOKENS} tokens an answer at most",
            *(f"{name}: {figure:.3f} x" for name, figure in figures.items()),
            f"answers of both vLLMs equal: {'yes' if sound else 'NO'}"
            if python
            else "without vLLM: set MMPT_VLLM_PYTHON",
        ],
        sound=sound,
    )


def _validated(settings: dict) -> object:
    from pipeline.text.settings import VllmConfig

    return VllmConfig.model_validate(settings)


@contextlib.contextmanager
def _bare_vllm(python: str, requests: list) -> Iterator[Callable[[], list[str]]]:
    """Start the other process; what is given runs `LLM.generate` over all requests once."""
    from pipeline.text.models import model_source

    llm = {"model": model_source("miniature-llama").location, "seed": 0, "dtype": "float32", "enforce_eager": True}
    llm |= {"max_num_seqs": SHARD, "gpu_memory_utilization": 0.4, "enable_prefix_caching": True}
    settings = {
        "llm": llm,
        "sampling": SAMPLING | {"max_tokens": TOKENS},
        "prompts": [request.prompt for request in requests],
        "seeds": [request.seed for request in requests],
    }
    environment = os.environ | {"VLLM_ENABLE_V1_MULTIPROCESSING": "0", "VLLM_LOGGING_LEVEL": "ERROR"}
    environment |= {"VLLM_HOST_IP": "127.0.0.1", "VLLM_NO_USAGE_STATS": "1"}
    script = Path(__file__).with_name("bare_vllm.py")
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(
            [python, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, env=environment
        ) as process,
    ):
        assert process.stdin is not None and process.stdout is not None
        lines, out = process.stdin, process.stdout

        def tell_it(line: str) -> str:
            lines.write(line + "\n")
            lines.flush()
            return out.readline()

        if tell_it(json.dumps(settings)) != "ready\n":
            log.seek(0)
            sys.exit(f"vLLM did not start: {log.read().decode(errors='replace')[-2000:]}")
        yield lambda: json.loads(tell_it("run"))
        lines.close()


if __name__ == "__main__":
    tell(CLAIM, measure, rounds=3)
