"""The engine for a server that speaks OpenAI's protocol: vLLM's, llama.cpp's, Ollama's, or a paid one.

Requests go out side by side, each with its own seed, and are sent again after failures that pass. Whether an answer can
be had again with the same seed is the server's affair. `top_k` is no part of the protocol, though the servers named
understand it: where one refuses it, set it to 0 and it is left out.

The API key is read from the environment when the engine starts, and is part of no message.
"""

import asyncio
import threading
import weakref
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any, Self

import httpx

from pipeline.printable import cut
from pipeline.text.engines.base import FREE, TOO_LONG, Answer, Form, Request, Sampling, all_answers
from pipeline.text.engines.bounded import Reply, Unanswered, fetch, most_bytes
from pipeline.text.engines.protocol import answer_in, api_key, asked_of_server, is_too_long, said_by_server
from pipeline.text.engines.retry import ask_again
from pipeline.text.errors import EngineError
from pipeline.text.settings import ServerConfig

__all__ = ["OpenaiEngine"]

_LISTED = 30


class OpenaiEngine:
    """Answers with what a server writes; a thread of its own holds the connections."""

    def __init__(self, server: ServerConfig, model: str, sampling: Sampling, form: Form, *, key: str | None):
        """Open nothing yet: connections come with the first request.

        Args:
            server: Where and how to ask.
            model: What the server calls the model.
            sampling: How tokens are drawn.
            form: Whether the query is a turn of a chat, rather than a text to go on with, and what the answer is held to.
            key: The API key.
        """
        self._server, self._model, self._sampling, self._form, self._key = server, model, sampling, form, key
        self._chat = form.prompt_format != "raw"
        self._client = httpx.AsyncClient(
            base_url=server.url + "/",
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=server.timeout_s,
            limits=httpx.Limits(max_connections=server.concurrency, max_keepalive_connections=server.concurrency),
        )
        self._free = asyncio.Semaphore(server.concurrency)
        self._loop = asyncio.new_event_loop()
        thread = threading.Thread(target=self._loop.run_forever, name="openai-engine", daemon=True)
        thread.start()
        self._stop = weakref.finalize(self, _stop, self._loop, thread, self._client)

    @classmethod
    def load(cls, server: ServerConfig, model: str, sampling: Sampling, form: Form = FREE) -> Self:
        """Take the API key from the environment.

        Raises:
            EngineError: The variable that should hold it is not set.
        """
        return cls(server, model, sampling, form, key=api_key(server))

    def generate(self, requests: Sequence[Request]) -> list[Answer]:
        """Answer all requests, in their order.

        Raises:
            EngineError: The server refuses, or fails for good.
        """
        return all_answers(self.submit(requests))

    def submit(self, requests: Sequence[Request]) -> list[Future[Answer]]:
        """Hand a batch over; cancelling a future drops its request."""
        return [asyncio.run_coroutine_threadsafe(self._answer(request), self._loop) for request in requests]

    def close(self) -> None:
        """Drop all connections; the engine cannot be used afterwards."""
        self._stop()

    async def _answer(self, request: Request) -> Answer:
        path, body = asked_of_server(self._model, self._sampling, self._form, request)
        async with self._free:
            status, content = await ask_again(self._server, lambda: self._fetch("POST", path, body))
        if status != httpx.codes.OK:
            return await self._refused(status, content)
        try:
            return answer_in(content, chat=self._chat)
        except (KeyError, IndexError, TypeError, AttributeError):
            raise EngineError(
                f"generate: {self._server.url}/{path} gave an answer without a choice: {self._shown(content)} "
                "Is generate.server.url the address of an OpenAI-compatible server? It mostly ends in /v1"
            ) from None

    async def _fetch(self, method: str, path: str, body: dict[str, Any] | None = None) -> Reply:
        most = most_bytes(self._sampling.max_new_tokens)
        return await fetch(self._client, method, path, body=body, most=most, limit_s=self._server.timeout_s)

    async def _refused(self, status: int, content: Any) -> Answer:
        said = self._shown(content)
        if is_too_long(status, said):
            return Answer("", problem=TOO_LONG)
        raise EngineError(
            f"generate: the server at {self._server.url} refused a request with status {status}: {said} "
            + await self._advice(status)
        )

    async def _advice(self, status: int) -> str:
        if status in (401, 403):
            held = f"the key in {self._server.key_env} was sent" if self._key else "no key was sent"
            return f"Here {held}; set generate.server.key_env to the environment variable that holds a valid one"
        if status == httpx.codes.NOT_FOUND:
            return f"Asked for was the model '{self._model}'; {await self._models()}. Set generate.model to one of them"
        if self._form.answer_shape is not None or self._form.template_values:
            return "It may not know structured or chat_template_kwargs; leave them out, answers of any form are read"
        top_k = " or top_k: 0, which is then not sent," if self._sampling.top_k else ""
        return f"Mend generate.model, the sampling,{top_k} or prompt_format: {'raw' if self._chat else 'chat'}"

    async def _models(self) -> str:
        try:
            found = (await self._fetch("GET", "models")).content["data"]
            names = ", ".join(f"'{cut(str(each['id']), 100)}'" for each in found[:_LISTED])
            return f"the server has {names or 'none'}" + (
                f" and {len(found) - _LISTED} more" if found[_LISTED:] else ""
            )
        except (Unanswered, ValueError, LookupError, TypeError):
            return f"{self._server.url}/models does not list what the server has, so look whether the address is right"

    def _shown(self, content: Any) -> str:
        return said_by_server(content, self._key)


def _stop(loop: asyncio.AbstractEventLoop, thread: threading.Thread, client: httpx.AsyncClient) -> None:
    if threading.current_thread() is thread:  # the last reference to the engine was a request's own
        loop.stop()
        return

    async def drop_all() -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await client.aclose()

    asyncio.run_coroutine_threadsafe(drop_all(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
