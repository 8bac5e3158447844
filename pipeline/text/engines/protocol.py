"""OpenAI's protocol, whichever way it travels: what one query is in it, and what an answer says.

A query that is sent and one that stands in a line of a batch file have the same body, so their answers are the same sentences.
"""

import os
import re
from typing import Any

from pipeline.telemetry.secrets import keep_secret
from pipeline.text.engines.base import Answer, Form, Request, Sampling
from pipeline.text.errors import EngineError
from pipeline.text.settings import ServerConfig

__all__ = ["answer_in", "api_key", "asked_of_server", "is_too_long", "said_by_server"]

_TOO_LONG = re.compile(r"context.{0,12}(length|size|window)|exceed_context|too (long|many tokens)", re.IGNORECASE)
_SHOWN = 300


def api_key(server: ServerConfig) -> str | None:
    """The API key out of the environment; None where the recipe names no variable.

    Raises:
        EngineError: The variable that should hold it is not set, or holds what no key is.
    """
    key = os.environ.get(server.key_env, "").strip() if server.key_env else None
    if key == "":
        raise EngineError(
            f"generate: server.key_env names the environment variable {server.key_env}, which is not set. Set it: "
            f"export {server.key_env}=…, or leave key_env out for a server that wants no key"
        )
    if key and not (key.isascii() and key.isprintable()):
        raise EngineError(f"generate: what {server.key_env} holds cannot be an API key: it has odd characters")
    keep_secret(key)
    return key


def asked_of_server(model: str, sampling: Sampling, form: Form, request: Request) -> tuple[str, dict[str, Any]]:
    """The path of a query below the server's address, without a slash before it, and its body."""
    body: dict[str, Any] = {
        "model": model,
        "max_tokens": sampling.max_new_tokens,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "seed": request.seed,
    }
    body |= {"top_k": sampling.top_k} if sampling.top_k else {}
    body |= {"stop": list(sampling.stop)} if sampling.stop else {}
    if form.answer_shape is not None:
        shape = {"name": "sentences", "strict": True, "schema": form.answer_shape}
        body |= {"response_format": {"type": "json_schema", "json_schema": shape}}
    if form.prompt_format == "raw":
        return "completions", body | {"prompt": request.prompt}
    body |= {"chat_template_kwargs": dict(form.template_values)} if form.template_values else {}
    return "chat/completions", body | {"messages": [{"role": "user", "content": request.prompt}]}


def answer_in(content: Any, *, chat: bool) -> Answer:
    """The answer that a response holds.

    Args:
        content: Decoded JSON.
        chat: Whether the query was a turn of a chat.

    Raises:
        KeyError, IndexError, TypeError, AttributeError: There is no choice in it.
    """
    choice = content["choices"][0]
    text = _written(choice["message"]["content"] if chat else choice["text"])
    return Answer(text, cut=choice.get("finish_reason") == "length", continues=not chat)


def is_too_long(status: int, said: str) -> bool:
    """Whether a server refuses a query because it does not fit into the model's context."""
    return status in (400, 413, 422) and bool(_TOO_LONG.search(said))


def said_by_server(content: Any, key: str | None) -> str:
    """What a server said, short, on one line, and without the key, which some servers repeat."""
    error = content.get("error", content) if isinstance(content, dict) else content
    said = error.get("message", error) if isinstance(error, dict) else error
    try:
        text = " ".join(str("" if said is None else said).split())
    except (RecursionError, ValueError):  # lists in lists without end, a number of too many digits
        text = "something that cannot be shown"
    text = text.replace(key, "***") if key else text
    return (text[:_SHOWN].rstrip(".") or "(nothing)") + "."


def _written(content: Any) -> str:
    """What a choice says; some servers give it in parts, with thoughts as parts of another type.

    Raises:
        TypeError: it is neither text nor such parts.
    """
    if isinstance(content, list):
        content = "".join(part["text"] for part in content if part.get("type") in ("text", "output_text"))
    if not isinstance(content, str | None):
        raise TypeError(content)
    # Half a character: JSON can spell it, and nothing can store it. Two halves that fit become one.
    return (content or "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
