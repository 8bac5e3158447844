"""From a query to token ids, the same way for every engine."""

from typing import Any

__all__ = ["prompt_ids"]


def prompt_ids(tokenizer: Any, prompt: str) -> list[int]:
    """Turn a query into token ids; a chat model's tokenizer puts it into its chat template, with one start token.

    Args:
        tokenizer: Of transformers.
        prompt: The query.
    """
    if getattr(tokenizer, "chat_template", None):
        turn = [{"role": "user", "content": prompt}]
        text = tokenizer.apply_chat_template(turn, tokenize=False, add_generation_prompt=True)
        return list(tokenizer(text, add_special_tokens=False)["input_ids"])
    return list(tokenizer(prompt)["input_ids"])
