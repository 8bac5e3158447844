"""The engine for large models on a GPU: vLLM, offline, everything in one call. The only file that imports vllm.

Every request has its own `SamplingParams` with its own seed: the same answer alone, in a batch, or in another order.
vLLM runs in this process: its engine process outlives a killed parent and holds the GPU's memory.
"""

import os
from collections.abc import Sequence
from typing import Any, Self

from pipeline.text.engines.base import Answer, Request, Sampling
from pipeline.text.engines.prompts import prompt_ids
from pipeline.text.errors import EngineError, one_line
from pipeline.text.models import ModelSource

__all__ = ["VllmEngine"]

_ENVIRONMENT = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_LOGGING_LEVEL": "ERROR",
}


class VllmEngine:
    """Answers with a model that vLLM can load."""

    def __init__(self, model: Any, sampling: Sampling):
        """Wrap a loaded `vllm.LLM`."""
        self._model = model
        self._tokenizer = model.get_tokenizer()
        self._sampling = sampling
        self._context = int(model.llm_engine.model_config.max_model_len)

    @classmethod
    def load(cls, source: ModelSource, sampling: Sampling) -> Self:
        """Start vLLM in this process.

        Raises:
            EngineError: vLLM is not installed, or does not start.
        """
        for name, value in _ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        try:
            from vllm import LLM
        except ImportError as error:
            raise EngineError(
                f"generate: the engine 'vllm' was asked for, but vLLM cannot be imported ({error}). Install it on a "
                'machine with a GPU: pip install -e ".[vllm]". Or use an engine that is here: '
                "engine: transformers (slower, also on a CPU) or engine: deterministic (no model, for dry runs)"
            ) from error
        try:
            return cls(LLM(model=source.location, revision=source.revision, seed=0), sampling)
        except Exception as error:  # of whatever library found the fault
            raise EngineError(
                f"generate: vLLM cannot start '{source.location}': {one_line(error)} Use a folder in the layout of "
                "transformers or a hub id that this machine can reach, or engine: transformers"
            ) from error

    def generate(self, requests: Sequence[Request]) -> list[Answer]:
        """Answer all requests, in their order."""
        from vllm import SamplingParams

        prompts = [prompt_ids(self._tokenizer, request.prompt) for request in requests]
        # One prompt that is too long makes vLLM refuse the whole call.
        fits = [i for i, ids in enumerate(prompts) if len(ids) < self._context]
        answers = [Answer("", problem="query too long") for _ in requests]
        if not fits:
            return answers
        parameters = [SamplingParams(**self._parameters(requests[i].seed, len(prompts[i]))) for i in fits]
        outputs = self._model.generate([{"prompt_token_ids": prompts[i]} for i in fits], parameters, use_tqdm=False)
        for i, output in zip(fits, outputs, strict=True):
            answers[i] = Answer(output.outputs[0].text, cut=output.outputs[0].finish_reason == "length")
        return answers

    def _parameters(self, seed: int, prompt_tokens: int) -> dict[str, Any]:
        return {
            "temperature": self._sampling.temperature,
            "top_k": self._sampling.top_k or -1,
            "top_p": self._sampling.top_p,
            "max_tokens": min(self._sampling.max_new_tokens, self._context - prompt_tokens),
            "seed": seed,
        }
