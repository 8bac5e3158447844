"""A real HTTP server on loopback that speaks OpenAI's protocol: the miniature LLaMA behind it, and faults to order."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from pipeline.text.engines.base import Request as Query
from pipeline.text.engines.base import Sampling
from pipeline.text.engines.transformers import TransformersEngine
from pipeline.text.models import model_source

CONTEXT = 512


@dataclass
class Fault:
    """What a request gets instead of an answer."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    sleep_s: float = 0.0
    raw: bytes | None = None


@dataclass
class Server:
    """The server as a test sees it."""

    url: str = ""
    key: str | None = None
    faults: deque[Fault | None] = field(default_factory=deque)
    seen: list[dict[str, Any]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    refuses: tuple[str, ...] = ()
    over: threading.Event = field(default_factory=threading.Event)


@contextmanager
def served_llama() -> Iterator[Server]:
    """Serve until the block is left."""
    server = Server()
    config = uvicorn.Config(_app(server), host="127.0.0.1", port=0, log_level="error", ws="none", lifespan="off")
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    server.url = f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}/v1"
    try:
        yield server
    finally:
        server.over.set()
        running.should_exit = True
        thread.join()


def _app(server: Server) -> FastAPI:
    app, source, turn, lock = FastAPI(), model_source("miniature-llama"), threading.Lock(), threading.Lock()
    base = TransformersEngine.load(source, Sampling(0, 0, 1, 1), device="cpu")

    def answer(body: dict[str, Any], prompt: str) -> tuple[str, str] | JSONResponse:
        if body["model"] != "miniature-llama":
            return _error(404, f"The model `{body['model']}` does not exist.")
        for name in server.refuses:
            if name in body:
                return _error(400, f"Unrecognized request argument supplied: {name}")
        if len(base._tokenizer(prompt)["input_ids"]) >= CONTEXT:
            return _error(400, f"This model's maximum context length is {CONTEXT} tokens. Reduce the length.")
        stop = body.get("stop") or ()
        sampling = Sampling(
            body.get("temperature", 1.0),
            body.get("top_k", 0),
            body.get("top_p", 1.0),
            body["max_tokens"],
            (stop,) if isinstance(stop, str) else tuple(stop),
        )
        with turn:
            written = TransformersEngine(base._model, base._tokenizer, sampling)
            (found,) = written.generate([Query(prompt, body["seed"])])
        return found.text, "length" if found.cut else "stop"

    def handle(request: Request, body: dict[str, Any], prompt: str) -> tuple[str, str] | Response:
        with lock:
            server.at_once += 1
            server.most_at_once = max(server.most_at_once, server.at_once)
            server.seen.append({"path": request.url.path, **body})
            server.times.append(time.monotonic())
            fault = server.faults.popleft() if server.faults else None
        try:
            if fault is not None:
                server.over.wait(fault.sleep_s)
                if fault.raw is not None:
                    return Response(fault.raw, fault.status, fault.headers)
                if fault.status != 200:
                    return JSONResponse(fault.body, fault.status, fault.headers)
            if server.key is not None and request.headers.get("authorization") != f"Bearer {server.key}":
                return _error(401, f"Incorrect API key provided: {request.headers.get('authorization')}.")
            return answer(body, prompt)
        finally:
            with lock:
                server.at_once -= 1

    @app.post("/v1/completions")
    def completions(request: Request, body: dict[str, Any]) -> Response:
        found = handle(request, body, body["prompt"])
        if isinstance(found, Response):
            return found
        return JSONResponse({"choices": [{"index": 0, "text": found[0], "finish_reason": found[1]}]})

    @app.post("/v1/chat/completions")
    def chat(request: Request, body: dict[str, Any]) -> Response:
        assert [turn["role"] for turn in body["messages"]] == ["user"]
        found = handle(request, body, body["messages"][0]["content"])
        if isinstance(found, Response):
            return found
        message = {"role": "assistant", "content": found[0]}
        return JSONResponse({"choices": [{"index": 0, "message": message, "finish_reason": found[1]}]})

    @app.get("/v1/models")
    def models() -> dict[str, Any]:
        return {"object": "list", "data": [{"id": "miniature-llama", "object": "model"}]}

    return app


def _error(status: int, message: str) -> JSONResponse:
    return JSONResponse({"error": {"message": message, "type": "invalid_request_error"}}, status)
