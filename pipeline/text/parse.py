"""Strict reading of a language model's answer: which parts are sentences, and what the rest is.

Understood are lists of every kind (numbers, letters, bullets, emoji), tables, JSON, tags, quoted sentences, plain lines and
plain paragraphs; thoughts, special tokens, labels, explanations and marks of Markdown are taken away. Openings
("Sure! Here are …:"), closings ("I hope this helps!") and a last sentence that was cut off are told apart and given back
with a reason. The steps are in `pipeline.text.reading`, one a file; `docs/texts.md` has the list of what is read.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.text.reading.begun import continued
from pipeline.text.reading.blocks import lines_of
from pipeline.text.reading.characters import readable
from pipeline.text.reading.endings import has_stop
from pipeline.text.reading.remarks import is_remark
from pipeline.text.reading.sorting import CHATTER, EMPTY, Fragment, Piece, sorted_pieces
from pipeline.text.reading.thinking import split_thoughts
from pipeline.text.reading.turns import own_turn
from pipeline.text.reading.wrapping import joined

__all__ = ["CHATTER", "CUT_OFF", "EMPTY", "PARSER_VERSION", "THOUGHT", "Fragment", "Parsed", "parse_answer"]

PARSER_VERSION = 1
"""Raised only when plain lists and plain lines are read differently, for that makes other texts of every answer.

Reading more kinds of markup does not raise it. The number is part of the fingerprint of texts, and a new one would have
every sentence written again, hours of a GPU. Sentences that are stored stay as they are; new answers are read by the new
rules. `tests/text/plain_answers.json` holds what plain answers have always been read as.
"""

CUT_OFF, THOUGHT = "cut off", "thought"
_SHOWN = 300


@dataclass(frozen=True)
class Parsed:
    """An answer, read."""

    sentences: tuple[str, ...]
    fragments: tuple[Fragment, ...]


def parse_answer(answer: str, *, cut: bool, begun: str = "") -> Parsed:
    """Read the sentences of an answer.

    Args:
        answer: What the model wrote after the query.
        cut: Whether the model was stopped by the token limit. A last sentence without an end is dropped then;
            it is also dropped when the model itself stopped, if the other sentences do end properly.
        begun: The marker that the query ended in, such as "1.", if the answer goes on behind it.
    """
    text, thoughts = split_thoughts(readable(answer))
    text, turns = own_turn(text)
    lines, notes = lines_of(continued(begun, text))
    pieces = sorted_pieces(joined(lines, is_remark))
    sentences = [piece.text for piece in pieces if piece.reason is None]
    fragments = [Fragment(piece.text, piece.reason) for piece in pieces if piece.reason is not None]
    if sentences and pieces[-1].reason is None and _is_cut(pieces[-1], sentences, cut):
        fragments.append(Fragment(sentences.pop(), CUT_OFF))
    fragments += [Fragment(_shortened(thought), THOUGHT) for thought in thoughts]
    fragments += [Fragment(_shortened(note), CHATTER) for note in (*turns, *notes)]
    if not sentences and not fragments:
        fragments.append(Fragment(readable(answer).strip(), EMPTY))
    return Parsed(tuple(sentences), tuple(fragments))


def _is_cut(last: Piece, sentences: Sequence[str], cut: bool) -> bool:
    if last.whole or has_stop(sentences[-1]):
        return False
    return cut or any(has_stop(sentence) for sentence in sentences[:-1]) or len(sentences) == 1


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} … ({len(text):,} characters)"
