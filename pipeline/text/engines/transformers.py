"""The default engine: any causal language model of transformers, sampled with one random stream a request.

`generate` of transformers draws a whole batch from one stream, so that an answer would depend on its
neighbours. Here request i draws its t-th token with the t-th number of its own generator, seeded by the
request; the numbers come from the CPU, so that a GPU draws the same. Requests are sorted by length and padded
on the left; rows that have ended leave the batch.

B rows of a batch still at work, L tokens of the longest prompt, V entries of the vocabulary, T most new
tokens.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.cache_utils import DynamicCache
from transformers.utils import logging as transformers_logging

from pipeline.text.engines.base import FREE, TOO_LONG, Answer, Form, Request, Sampling
from pipeline.text.engines.prompts import NO_CHAT_TEMPLATE, is_chat, prompt_ids
from pipeline.text.errors import EngineError, one_line
from pipeline.text.models import ModelSource

__all__ = ["TransformersEngine"]

_TOKENS_PER_BATCH = {"cpu": 16384, "cuda": 65536}


class TransformersEngine:
    """Answers with a model that transformers can load."""

    def __init__(self, model: Any, tokenizer: Any, sampling: Sampling, form: Form = FREE):
        """Wrap a loaded model and its tokenizer."""
        self._model = model.eval()
        self._tokenizer = tokenizer
        self._sampling = sampling
        self._form = form
        self._continues = not is_chat(tokenizer, form.prompt_format)
        self._context = int(model.config.max_position_embeddings)
        end = model.generation_config.eos_token_id
        self._ends = set(end if isinstance(end, list) else [end])

    @classmethod
    def load(cls, source: ModelSource, sampling: Sampling, form: Form = FREE, *, device: str = "auto") -> Self:
        """Load model and tokenizer: float32 on a CPU, the checkpoint's own type on a GPU.

        Raises:
            EngineError: The files cannot be read, the device is not there, or a chat template is asked for and missing.
        """
        quiet: Any = transformers_logging.disable_progress_bar
        quiet()
        target = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
        try:
            tokenizer = AutoTokenizer.from_pretrained(source.location, revision=source.revision or "main")
            model: Any = AutoModelForCausalLM.from_pretrained(
                source.location,
                revision=source.revision or "main",
                dtype="auto" if target.startswith("cuda") else torch.float32,
            )
            model = model.to(target)
        except Exception as error:  # of whatever library found the fault
            raise EngineError(
                f"generate: transformers cannot load '{source.location}' on {target}: {one_line(error)} "
                "Use 'miniature-llama', a folder written by save_pretrained, or a hub id that this machine can reach"
            ) from error
        if form.prompt_format == "chat" and not tokenizer.chat_template:
            raise EngineError(f"generate: '{source.location}': {NO_CHAT_TEMPLATE}")
        return cls(model, tokenizer, sampling, form)

    def generate(self, requests: Sequence[Request]) -> list[Answer]:
        """Answer all requests, in their order."""
        found = dict(self.answers(requests))
        return [found[place] for place in range(len(requests))]

    def answers(self, requests: Sequence[Request]) -> Iterator[tuple[int, Answer]]:
        """Every answer with the place of its request, as soon as it is finished."""
        how, values = self._form.prompt_format, self._form.template_values
        prompts = [prompt_ids(self._tokenizer, request.prompt, how, values) for request in requests]
        fitting = [i for i, ids in enumerate(prompts) if len(ids) < self._context]
        for i in sorted({*range(len(prompts))} - {*fitting}):
            yield i, Answer("", problem=TOO_LONG)
        waiting = sorted(fitting, key=lambda i: (len(prompts[i]), i))
        while waiting:
            longest = len(prompts[waiting[-1]]) + self._sampling.max_new_tokens
            size = max(1, _TOKENS_PER_BATCH.get(self._model.device.type, 16384) // longest)
            batch, waiting = waiting[:size], waiting[size:]
            for row, answer in self._batch([prompts[i] for i in batch], [requests[i].seed for i in batch]):
                yield batch[row], answer

    @torch.inference_mode()
    def _batch(self, prompts: list[list[int]], seeds: list[int]) -> Iterator[tuple[int, Answer]]:
        limits = [min(self._sampling.max_new_tokens, self._context - len(ids)) for ids in prompts]
        numbers = torch.stack([_numbers(seed, max(limits)) for seed in seeds])
        written: list[list[int]] = [[] for _ in prompts]
        state = _start(self._model, prompts)
        while state.rows:
            tokens = self._draw(state.logits, numbers[state.rows, len(written[state.rows[0]])])
            going: list[int] = []
            for k, (row, token) in enumerate(zip(state.rows, tokens.tolist(), strict=True)):
                written[row].append(token)
                if self._is_finished(written[row], limits[row]):
                    yield row, self._answer(written[row])
                else:
                    going.append(k)
            state = _advance(self._model, state, tokens, going)

    def _is_finished(self, tokens: list[int], limit: int) -> bool:
        at_end = tokens[-1] in self._ends or len(tokens) >= limit
        return at_end or (bool(self._sampling.stop) and self._stopped(tokens))

    def _draw(self, logits: torch.Tensor, numbers: torch.Tensor) -> torch.Tensor:
        """Draw a token for each row of logits (B, V) with its number (B,) in [0, 1)."""
        if self._sampling.temperature == 0:
            return logits.argmax(-1)
        count = min(self._sampling.top_k or logits.shape[-1], logits.shape[-1])
        values, tokens = (logits.float() / self._sampling.temperature).topk(count, dim=-1)
        sums = values.softmax(-1).cumsum(-1)
        # The likeliest token is always kept; another one is kept while those before it hold less than top_p.
        kept = (sums < self._sampling.top_p).sum(-1, keepdim=True).clamp(max=count - 1)
        threshold = numbers.to(sums)[:, None] * sums.gather(-1, kept)
        return tokens.gather(-1, (sums <= threshold).sum(-1, keepdim=True).clamp(max=count - 1)).squeeze(-1)

    def _answer(self, tokens: list[int]) -> Answer:
        ended = tokens[-1] in self._ends
        text = self._tokenizer.decode(tokens[:-1] if ended else tokens, skip_special_tokens=True)
        stops = [place for stop in self._sampling.stop if (place := text.find(stop)) >= 0]
        text = text[: min(stops)] if stops else text
        return Answer(text, cut=not (stops or ended), continues=self._continues)

    def _stopped(self, tokens: list[int]) -> bool:
        text = self._tokenizer.decode(tokens, skip_special_tokens=True)
        return any(stop in text for stop in self._sampling.stop)


@dataclass
class _State:
    """A batch in the middle of writing.

    Attributes:
        rows: Which of the batch's prompts are still at work (B).
        mask: 1 for tokens, 0 for padding on the left (B, L so far).
        logits: Of the next token (B, V).
        cache: Keys and values of everything before.
    """

    rows: list[int]
    mask: torch.Tensor
    logits: torch.Tensor
    cache: Any


def _start(model: Any, prompts: list[list[int]]) -> _State:
    width = max(map(len, prompts))
    ids = torch.tensor([[0] * (width - len(prompt)) + prompt for prompt in prompts], device=model.device)
    mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts], device=model.device)
    return _forward(model, list(range(len(prompts))), ids, mask, DynamicCache(config=model.config))


def _advance(model: Any, state: _State, tokens: torch.Tensor, going: list[int]) -> _State:
    """Feed the tokens just drawn of those rows that go on."""
    mask = torch.cat([state.mask, state.mask.new_ones(len(state.rows), 1)], dim=1)
    if not going:
        return _State([], mask, state.logits, state.cache)
    if len(going) < len(state.rows):
        chosen = torch.tensor(going, device=mask.device)
        state.cache.batch_select_indices(chosen)
        tokens, mask = tokens[chosen], mask[chosen]
    return _forward(model, [state.rows[k] for k in going], tokens[:, None], mask, state.cache)


def _forward(model: Any, rows: list[int], ids: torch.Tensor, mask: torch.Tensor, cache: Any) -> _State:
    positions = (mask.cumsum(-1) - 1).clamp(min=0)[:, -ids.shape[1] :]
    out = model(
        input_ids=ids,
        attention_mask=mask,
        position_ids=positions,
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=1,
    )
    return _State(rows, mask, out.logits[:, -1], out.past_key_values)


def _numbers(seed: int, count: int) -> torch.Tensor:
    """The first `count` numbers of a request's stream; a longer draw begins with the shorter one."""
    return torch.rand(count, generator=torch.Generator().manual_seed(seed))
