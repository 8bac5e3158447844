"""Writes clips with questions in the layout in which MUSIC-AVQA is published: `json/avqa-<split>.json`, `video/<video id>.mp4`.

A clip depends on the seed, its split and its number alone. Which of the questions are asked depends on all clips of the split,
since every answer is to be right equally often.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.miniature.world.events import FRAMES_PER_SECOND, render_pictures, render_wave
from pipeline.miniature.world.question_templates import Asked, ask
from pipeline.miniature.world.questions import QUESTION_SHAPES, QUESTIONS_VERSION, contents, sample_scenes
from pipeline.miniature.world.synths import SAMPLE_RATE
from pipeline.miniature.world.video_files import write_mp4
from pipeline.miniature.world.whole_folder import publish_folder

_CONTENTS, _SCENES, _ASKED = 7006, 7007, 7008
_SPLITS = ("train", "val", "test")


def write_questions(root: Path | str, seed: int, sizes: Mapping[str, int]) -> Path:
    """Writes `sizes[split]` clips of ten seconds for train, val and test, and their questions.

    Clips are H.264 with AAC, 64 x 64 pixels, 2 frames a second.

    Raises:
        MiniatureError: `root` holds something else.
    """
    sizes = {split: sizes[split] for split in _SPLITS}
    request = {
        "media": "questions",
        "seed": seed,
        "count": sum(sizes.values()),
        "classes": list(QUESTION_SHAPES),
        "sizes": sizes,
        "questions": QUESTIONS_VERSION,
    }
    return publish_folder(Path(root), request, lambda folder: _fill(folder, seed, sizes))


def asked_of(seed: int, sizes: Mapping[str, int]) -> dict[str, list[Asked]]:
    """The questions of every split, which the clips' numbers tell without a file."""
    return {
        split: ask(list(contents([seed, _CONTENTS, place], sizes[split])), np.random.default_rng([seed, _ASKED, place]))
        for place, split in enumerate(_SPLITS)
    }


def _fill(folder: Path, seed: int, sizes: Mapping[str, int]) -> None:
    (folder / "video").mkdir()
    (folder / "json").mkdir()
    for place, split in enumerate(_SPLITS):
        for number, content in enumerate(contents([seed, _CONTENTS, place], sizes[split])):
            rng = np.random.default_rng([seed, _SCENES, place, number])
            clip = sample_scenes(rng, content)
            write_mp4(
                folder / "video" / f"{clip_name(split, number)}.mp4", render_pictures(clip, rng), FRAMES_PER_SECOND,
                render_wave(clip, rng), SAMPLE_RATE,
            )  # fmt: skip
    first = 0
    for split, asked in asked_of(seed, sizes).items():
        rows = [_row(split, first + number, one) for number, one in enumerate(asked)]
        (folder / "json" / f"avqa-{split}.json").write_text(json.dumps(rows, indent=1))
        first += len(rows)


def clip_name(split: str, number: int) -> str:
    """The video id of a clip."""
    return f"{split}{number:06d}"


def _row(split: str, number: int, asked: Asked) -> dict[str, Any]:
    return {
        "video_id": clip_name(split, asked.clip),
        "question_id": number,
        "type": json.dumps(asked.template.kind),
        "question_content": asked.template.content,
        "templ_values": json.dumps(asked.values),
        "question_deleted": 0,
        "anser": asked.answer,
    }
