"""The engine for large models on a GPU: vLLM, offline, in a process of its own (`vllm.py`), which ends with this one.

Every request has its own seed: the same answer alone, in a batch, or in another order. Requests join the model's work at
any time and answers come back as they finish, so the model never waits for the longest answer of a batch. Copies of the
model (`data_parallel_size`) are processes side by side, each with GPUs of its own.
"""

import importlib.util
import os
import sys
import weakref
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Self

from pipeline.recipe.paths import absolute_path
from pipeline.text.engines.base import FREE, Answer, Form, Request, Sampling, all_answers
from pipeline.text.engines.worker import Worker, end_all
from pipeline.text.errors import EngineError, one_line
from pipeline.text.models import ModelSource
from pipeline.text.settings import VllmConfig

__all__ = ["VllmEngine"]

_PROGRAM = Path(__file__).with_name("vllm.py")
_ENVIRONMENT = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # the program is a process of its own already
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_HOST_IP": "127.0.0.1",  # by default its sockets listen on the network
}


class VllmEngine:
    """Answers with a model that vLLM can load."""

    def __init__(self, workers: Sequence[Worker]):
        """Wrap processes that are ready."""
        self._workers = list(workers)
        self._end = weakref.finalize(self, end_all, self._workers)

    @classmethod
    def load(
        cls,
        source: ModelSource,
        sampling: Sampling,
        form: Form = FREE,
        settings: VllmConfig | None = None,
    ) -> Self:
        """Start vLLM and load the model.

        Raises:
            EngineError: vLLM is not installed, or does not start.
        """
        settings = settings or VllmConfig.model_validate({})
        python = _interpreter(settings)
        first = {"llm": _arguments(source, settings), "sampling": vars(sampling), "form": vars(form)}
        workers: list[Worker] = []
        try:
            for number in range(settings.data_parallel_size):
                workers.append(Worker([python, "-P", str(_PROGRAM)], _environment(settings, number), first))
            for worker in workers:
                worker.wait_until_ready(settings.start_timeout_s)
        except BaseException as error:
            end_all(workers)
            if not isinstance(error, EngineError | OSError):
                raise
            raise EngineError(
                f"generate: vLLM cannot start '{source.location}': {one_line(error)} Use a folder in the layout of "
                "transformers or a hub id that this machine can reach, less memory (generate.vllm.gpu_memory_utilization, "
                "max_model_len), or engine: transformers"
            ) from error
        return cls(workers)

    def generate(self, requests: Sequence[Request]) -> list[Answer]:
        """Answer all requests, in their order.

        Raises:
            EngineError: vLLM's process has ended.
        """
        return all_answers(self.submit(requests))

    def submit(self, requests: Sequence[Request]) -> list[Future[Answer]]:
        """Hand a batch over; each request goes to the copy of the model that has the least to do."""
        return [min(self._workers, key=lambda worker: worker.pending).ask(each) for each in requests]

    def close(self) -> None:
        """End vLLM and give its memory back; the engine cannot be used afterwards."""
        self._end()


def _interpreter(settings: VllmConfig) -> str:
    named = settings.python or os.environ.get("MMPT_VLLM_PYTHON")  # an image says it for every recipe
    if named:
        path = absolute_path(Path(), str(named))
        if not path.is_file():
            name = "vllm.python" if settings.python else "MMPT_VLLM_PYTHON"
            raise EngineError(
                f"generate: {name} is {path}, and there is no such file. It is the Python of an environment that "
                "holds vLLM, e.g. /opt/vllm/bin/python"
            )
        return str(path)
    if importlib.util.find_spec("vllm") is None:
        raise EngineError(
            "generate: the engine 'vllm' was asked for, but there is no module vllm in this environment. Install it on a "
            'machine with a GPU: pip install -e ".[vllm]", or name the Python of an environment that has it: '
            "vllm: {python: …}. Or use an engine that is here: engine: transformers (slower, also on a CPU) or "
            "engine: deterministic (no model, for dry runs)"
        )
    return sys.executable


def _arguments(source: ModelSource, settings: VllmConfig) -> dict[str, Any]:
    ours = {"python", "data_parallel_size", "start_timeout_s", "engine_args"}
    given = settings.model_dump(mode="json", exclude=ours, exclude_none=True)
    return {"model": source.location, "revision": source.revision, "seed": 0} | given | settings.engine_args


def _environment(settings: VllmConfig, number: int) -> dict[str, str]:
    environment = _ENVIRONMENT | os.environ
    if settings.data_parallel_size > 1:
        visible = os.environ.get("CUDA_VISIBLE_DEVICES")
        count = settings.data_parallel_size * settings.tensor_parallel_size
        devices = visible.split(",") if visible else [str(device) for device in range(count)]
        each = settings.tensor_parallel_size
        environment["CUDA_VISIBLE_DEVICES"] = ",".join(devices[number * each : (number + 1) * each])
    return environment
