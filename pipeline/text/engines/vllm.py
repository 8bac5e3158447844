"""The program that runs vLLM: `python -P vllm.py RESULTS LIFE`, started by `vllm_process.py`. The only file that imports vllm.

It is a process of its own, so that all memory is given back when it ends, and it imports nothing of this package, so that
it can run in an environment that holds vLLM and nothing of ours.

Lines of JSON come through standard input: the settings first, then requests. Lines of JSON go out through the file
descriptor RESULTS: `ready`, then answers as they finish, or an `error`. LIFE is a pipe whose other end only the starting
process holds. When that end closes, by whatever death, a guard kills this process and all that vLLM started: a guard in
a process of its own, for vLLM's processes outlive a killed parent and hold the GPU's memory.
"""

import importlib.util
import json
import os
import queue
import select
import signal
import sys
import threading
from pathlib import Path
from typing import Any

_LOOK_EVERY_S = 0.5


def main(results: int, life: int) -> None:
    """Answer requests until standard input ends."""
    for descriptor in (results, life):
        os.set_inheritable(descriptor, False)
    start_guard(results, life)
    out = os.fdopen(results, "w", encoding="utf-8")

    def say(message: dict[str, Any]) -> None:
        out.write(json.dumps(message) + "\n")
        out.flush()

    try:
        program = Program(json.loads(sys.stdin.readline()))
        say({"ready": True, "context": program.context})
        for message in program.answers():
            say(message)
        program.close()
    except Exception as error:  # of whatever library found the fault; the starting process tells it
        say({"error": f"{type(error).__name__}: {error}"})
    os._exit(0)  # nothing is left to be done, and vLLM's threads may keep an interpreter from ending


def start_guard(results: int, life: int) -> None:
    """Start the process that kills this group when the other end of `life` closes, or this process ends."""
    worker = os.getpid()
    if os.fork():
        os.close(life)
        return
    for descriptor in (0, results):
        os.close(descriptor)
    while os.getppid() == worker and not select.select([life], [], [], _LOOK_EVERY_S)[0]:
        pass
    os.killpg(0, signal.SIGKILL)


class Program:
    """A loaded model, and the requests that it is at work on."""

    def __init__(self, settings: dict[str, Any]):
        """Load the model; `settings` holds arguments of `LLM`, the sampling and the form of query and answer."""
        from vllm import LLM

        self._sampling = settings["sampling"]
        form = settings["form"]
        self._format, self._values, self._shape = form["prompt_format"], form["template_values"], form["answer_shape"]
        model = LLM(**settings["llm"])
        self._engine: Any = model.llm_engine
        self._tokenizer = model.get_tokenizer()
        if self._format == "chat" and not getattr(self._tokenizer, "chat_template", None):
            raise ValueError(_prompts().NO_CHAT_TEMPLATE)
        self._prompt_ids = _prompts().prompt_ids
        self._continues = not _prompts().is_chat(self._tokenizer, self._format)
        self.context = int(self._engine.model_config.max_model_len)

    def answers(self) -> Any:
        """Give answers as they finish, and take new requests between two tokens."""
        lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threading.Thread(target=_read, args=(lines,), daemon=True).start()
        while True:
            while not self._engine.has_unfinished_requests() or not lines.empty():
                line = lines.get()
                if line is None:
                    return
                refused = self._add(json.loads(line))
                if refused:
                    yield refused
            for output in self._engine.step():
                if output.finished:
                    written = output.outputs[0]
                    yield {
                        "id": int(output.request_id),
                        "text": written.text,
                        "cut": written.finish_reason == "length",
                        "problem": "",
                        "continues": self._continues,
                    }

    def close(self) -> None:
        """End what vLLM has started."""
        self._engine.engine_core.shutdown()

    def _add(self, request: dict[str, Any]) -> dict[str, Any] | None:
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams

        ids = self._prompt_ids(self._tokenizer, request["prompt"], self._format, self._values)
        if len(ids) >= self.context:  # which vLLM answers with an exception
            return {"id": request["id"], "text": "", "cut": False, "problem": "query too long"}
        left = min(self._sampling["max_new_tokens"], self.context - len(ids))
        parameters = SamplingParams(
            temperature=self._sampling["temperature"],
            top_k=self._sampling["top_k"] or -1,
            top_p=self._sampling["top_p"],
            stop=self._sampling["stop"],
            max_tokens=left,
            seed=request["seed"],
            structured_outputs=None if self._shape is None else StructuredOutputsParams(json=self._shape),
            output_kind=RequestOutputKind.FINAL_ONLY,
        )
        self._engine.add_request(str(request["id"]), {"prompt_token_ids": ids}, parameters)
        return None


def _read(lines: "queue.SimpleQueue[str | None]") -> None:
    for line in sys.stdin:
        lines.put(line)
    lines.put(None)


def _prompts() -> Any:
    """`prompts.py` of this folder, by its path: the package it belongs to may not be installed here."""
    spec = importlib.util.spec_from_file_location("mmpt_prompts", Path(__file__).with_name("prompts.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
