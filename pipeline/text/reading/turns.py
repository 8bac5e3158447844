"""Step 3: special tokens of language models, and turns of the chat that the model makes up by itself.

A token that a sentence speaks of, with words on both sides, stays.
"""

import re

__all__ = ["own_turn"]

_TOKEN = r"""(?:
        <\|[^|<>\s]{1,40}\|> | <｜[^｜<>\n]{1,40}｜>                        # <|im_end|>, <｜end▁of▁sentence｜>
      | </?s> | \[/?INST\] | <</?SYS>> | \[/?ASST\]
      | </?(?:eos|bos|pad|unk|sep|cls|eod|eot|eop|sop|end_of_turn|start_of_turn|end_of_text|endoftext
             |end_of_utterance|end_of_sentence|end|assistant|user)>
      | <(?:extra_id_|unused|reserved_)\d{1,4}> | <0x[0-9A-F]{2}>
      | \[(?:EOS|BOS|PAD|UNK|SEP|CLS|gMASK|sMASK)\]
    )"""
_TOKENS = re.compile(rf"{_TOKEN}(?:\s*+{_TOKEN})*[ \t]*+", re.VERBOSE | re.IGNORECASE)
_USER = (
    r"<\|(?:im_start|start)\|>\s*(?:user|human|system)\b|<\|start_header_id\|>\s*(?:user|system)\s*<\|end_header_id\|>"
    r"|<start_of_turn>\s*user\b|<\|(?:user|human|system|prompter)\|>|<｜(?:User|System)｜>|\[INST\]|<<SYS>>"
    r"|^[ \t]*(?:\#{1,4}[ ]*)?(?:\*\*)?(?:User|Human|Instruction|USER|HUMAN)(?:\*\*)?[ ]?:"
)
_MODEL = (
    r"<\|(?:im_start|start)\|>\s*(?:assistant|model)\b|<\|start_header_id\|>\s*assistant\s*<\|end_header_id\|>"
    r"|<start_of_turn>\s*model\b|<\|(?:assistant|bot)\|>|<｜Assistant｜>|\[/INST\]"
    r"|^[ \t]*(?:\#{1,4}[ ]*)?(?:\*\*)?(?:Assistant|ASSISTANT|Response|AI|Bot|Model)(?:\*\*)?[ ]?:(?:\*\*)?"
)
_TURN = re.compile(rf"(?P<user>{_USER})|{_MODEL}", re.MULTILINE)
_SENTENCE_ENDS = ".!?…:\"”’')]>*_`"


def own_turn(text: str) -> tuple[str, list[str]]:
    """The model's first turn without special tokens, and what it wrote of other turns.

    A query that is repeated before the answer is another's turn; so is everything from a question that the model puts
    to itself afterwards.
    """
    said: list[str] = []
    others: list[str] = []
    start, asked, over, spoke = 0, False, False, False
    for mark in [*(found for found in _TURN.finditer(text) if not _is_spoken_of(found)), None]:
        part = without_tokens(text[start : mark.start() if mark else len(text)])
        (others if asked or over else said).append(part)
        spoke = spoke or (not asked and re.search(r"[^\W\d_]", part) is not None)
        if mark:
            asked = mark["user"] is not None
            over = over or (asked and spoke)
            start = mark.end()
    return "\n".join(said), [part.strip() for part in others if part.strip()]


def without_tokens(text: str) -> str:
    """Leave out special tokens: a line ends where one stands between two sentences."""
    return _TOKENS.sub(_instead, text)


def _instead(run: re.Match[str]) -> str:
    before, after = run.string[max(0, run.start() - 1) : run.start()], run.string[run.end() : run.end() + 1]
    if _is_spoken_of(run):
        return run[0]
    return "" if before in "\n" or after in "\r\n" else "\n"


def _is_spoken_of(mark: re.Match[str]) -> bool:
    """Whether words of the same line stand before and behind a mark, with a space between."""
    text, start = mark.string, mark.start()
    word, space = text[max(0, start - 2) : start - 1], text[max(0, start - 1) : start]
    return (
        space in (" ", "\t")
        and word not in _SENTENCE_ENDS + "\n\t "
        and text[mark.end() : mark.end() + 1] not in "\r\n"
    )
