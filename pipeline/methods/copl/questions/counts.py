"""How many numbers AVST's head learns and how much it computes, by formula; free of torch. What prompts do is as of events.

Dims: d width, C_v and C_a widths of the towers' last tokens, L tokens, T seconds, N words of a question, K answers.
"""

from typing import TYPE_CHECKING

from pipeline.methods.copl.macs import forward_macs
from pipeline.methods.copl.questions.config import QuestionsHeadOptions, QuestionsOptions

if TYPE_CHECKING:
    from pipeline.encoders.stepped.shape import TowerShape

LONGEST = 14
"""Words of MUSIC-AVQA's longest question, to which all are padded."""
WORDS, ANSWERS = 93, 42
"""Of MUSIC-AVQA's training questions; padding is a word."""


def head_numbers(
    head: QuestionsHeadOptions, visual_width: int, audio_width: int, words: int = WORDS, answers: int = ANSWERS
) -> dict[str, int]:
    """Part -> how many numbers; together 9,424,556 of Swin-V2-L on both sides and MUSIC-AVQA's words and answers.

    Args:
        head: its options.
        visual_width: C_v.
        audio_width: C_a.
        words: of the vocabulary, padding among them.
        answers: K.
    """
    d, sides = head.width, sides_of(head)
    parts = {
        "question": words * d + 8 * d * (d + 1) + _map(2 * d, d),
        "visual": ("visual" in sides) * (_map(visual_width, d) + _map(2 * d, d)),
        "audio": ("audio" in sides) * (_map(audio_width, d) + _map(d, d)),
        "matching": head.matches * sum(_map(*ends) for ends in _matching(d)),
        "reading": len(sides) * (3 * d * (d + 1) + 3 * _map(d, d) + 2 * d),
        "fusion": bool(sides) * _map(len(sides) * d, d),
        "answer": _map(d, answers),
    }
    return {name: count for name, count in parts.items() if count}


def head_macs(
    head: QuestionsHeadOptions,
    visual: "TowerShape",
    audio: "TowerShape",
    segments: int,
    longest: int = LONGEST,
    answers: int = ANSWERS,
) -> dict[str, int]:
    """MACs forward of one clip's second, a frame of another video's among them, and of one question.

    Args:
        head: its options.
        visual: sizes of the visual tower.
        audio: of the audio tower.
        segments: T.
        longest: N.
        answers: K.
    """
    d, sides = head.width, sides_of(head)
    frame = visual.tokens * visual.width * d + 2 * d * d + (2 * visual.tokens * d if "audio" in sides else 0)
    match = sum(into * out for into, out in _matching(d))
    second = frame * ("visual" in sides) + (audio.tokens * audio.width * d + d * d) * ("audio" in sides)
    second += head.matches * (frame + 2 * match)
    reading = 4 * d * d + 2 * segments * d * (d + 1)
    question = longest * 8 * d * d + 2 * d * d + len(sides) * (reading + d * d) + d * answers
    return {"second": second, "question": question}


def step_macs(
    options: QuestionsOptions,
    visual: "TowerShape",
    audio: "TowerShape",
    segments: int,
    videos: int,
    questions: int,
    longest: int = LONGEST,
    answers: int = ANSWERS,
) -> int:
    """MACs of a whole training step; frames of other videos are read from the store.

    Backward, a frozen map costs what it costs forward, a learned one twice that.

    Args:
        options: of the method.
        visual: sizes of the visual tower.
        audio: of the audio tower.
        segments: T.
        videos: of the step.
        questions: about all of them.
        longest: N.
        answers: K.
    """
    head = head_macs(options.head, visual, audio, segments, longest, answers)
    seconds = videos * segments
    run = forward_macs(options, visual, audio, segments) if sides_of(options.head) else {"towers": 0, "learned": 0}
    return seconds * (2 * run["towers"] + 3 * (run["learned"] + head["second"])) + 3 * questions * head["question"]


def sides_of(head: QuestionsHeadOptions) -> tuple[str, ...]:
    """What an answer is read from beside the question, in the order of the fusion."""
    if head.use == "question":
        return ()
    return ("audio", "visual") if head.use == "both" else (head.use,)


def _map(into: int, out: int) -> int:
    return (into + 1) * out


def _matching(d: int) -> tuple[tuple[int, int], ...]:
    """Ends of the four maps that match a frame with a sound."""
    return (2 * d, d), (d, d // 2), (d // 2, d // 4), (d // 4, 2)
