"""From a query to token ids, the same way for every engine."""

from collections.abc import Mapping
from typing import Any

__all__ = ["NO_CHAT_TEMPLATE", "is_chat", "prompt_ids", "said_of_thinking"]

_THINKING = "enable_thinking"

NO_CHAT_TEMPLATE = (
    "prompt_format: chat was asked for, but the model's tokenizer has no chat template. Use prompt_format: raw for a base "
    "model, or a model made for chat, such as meta-llama/Llama-2-7b-chat-hf"
)


def is_chat(tokenizer: Any, prompt_format: str = "auto") -> bool:
    """Whether a query is a turn of a chat with this tokenizer's model, rather than a text to go on with."""
    return bool(getattr(tokenizer, "chat_template", None)) and prompt_format != "raw"


def said_of_thinking(template: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that a chat template gets: those that are given, and that nobody thinks aloud where it knows of that.

    Args:
        template: As the tokenizer holds it: text, or several by name.
        values: That are given.
    """
    return {_THINKING: False, **values} if _THINKING in str(template) else dict(values)


def prompt_ids(
    tokenizer: Any, prompt: str, prompt_format: str = "auto", values: Mapping[str, Any] | None = None
) -> list[int]:
    """Turn a query into token ids; a chat model's tokenizer puts it into its chat template, with one start token.

    Args:
        tokenizer: Of transformers.
        prompt: The query.
        prompt_format: "raw" and "chat" say whether the chat template is used; "auto" uses it where there is one.
        values: For the chat template, see `said_of_thinking`.

    Raises:
        ValueError: A chat template is asked for, and there is none.
    """
    if prompt_format == "chat" and not getattr(tokenizer, "chat_template", None):
        raise ValueError(NO_CHAT_TEMPLATE)
    if is_chat(tokenizer, prompt_format):
        turn = [{"role": "user", "content": prompt}]
        said = said_of_thinking(tokenizer.chat_template, values or {})
        text = tokenizer.apply_chat_template(turn, tokenize=False, add_generation_prompt=True, **said)
        return list(tokenizer(text, add_special_tokens=False)["input_ids"])
    return list(tokenizer(prompt)["input_ids"])
