"""Clips with questions: answers are even, they are true of what is drawn, and no modality alone knows those about both."""

import json
from collections import Counter, defaultdict
from fractions import Fraction
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from pipeline.miniature.errors import MiniatureError
from pipeline.miniature.world.events import SECONDS, SOUND_OF
from pipeline.miniature.world.question_templates import BLANK, TEMPLATES, ask
from pipeline.miniature.world.questions import (
    BLOCK,
    LONG_S,
    QUESTION_SHAPES,
    QUESTION_SOUNDS,
    Content,
    contents,
    deal,
    possible,
    sample_scenes,
)
from pipeline.miniature.world.questions_files import write_questions

SIZES = {"train": 12, "val": 3, "test": 2}
BOTH = [template for template in TEMPLATES if template.kind[0] == "Audio-Visual"]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_questions(tmp_path_factory.mktemp("questions") / "world", 3, SIZES)


def chances() -> dict[Content, Fraction]:
    """Every content of a clip and how likely it is: all deals of names, all rows of the block, all that a row allows."""
    found: dict[Content, Fraction] = defaultdict(Fraction)
    names = list(permutations(range(len(QUESTION_SHAPES))))
    for order in names:
        for row in deal():
            options = possible(row, list(order))
            for content in options:
                found[content] += Fraction(1, len(names) * BLOCK * len(options))
    assert sum(found.values()) == 1
    return found


@pytest.mark.parametrize("template", BOTH, ids=lambda template: template.content)
@pytest.mark.parametrize("modality", ["seen", "heard"])
def test_who_knows_one_modality_knows_nothing_of_a_question_about_both(template, modality: str) -> None:  # type: ignore[no-untyped-def]
    """Counted, not sampled: whatever pair of shapes is seen, or of sounds heard, every answer is right in exactly one of k."""
    of: dict[tuple[int, int], Counter[str]] = defaultdict(Counter)
    for content, chance in chances().items():
        of[getattr(content, modality)][template.answer(content, 0)] += chance  # type: ignore[assignment]
    assert len(of) == 12  # all ordered pairs
    for pair, answers in of.items():
        total = sum(answers.values())
        assert {answer: value / total for answer, value in answers.items()} == {
            answer: Fraction(1, len(template.answers)) for answer in template.answers
        }, pair


def test_who_knows_both_knows_the_answer() -> None:
    """The pairs decide: own sounds are those of `SOUND_OF`, and no shape that is seen sounds in the other act."""
    for content in chances():
        seen = [QUESTION_SHAPES[number] for number in content.seen]
        heard = [QUESTION_SOUNDS[number] for number in content.heard]
        assert content.long_match == (SOUND_OF[seen[0]] == heard[0])
        sounding = sum(SOUND_OF[shape] in heard for shape in seen)
        assert sounding == content.long_match + content.short_match


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_over_half_a_block_every_answer_is_right_equally_often(seed: int) -> None:
    clips = list(contents([seed, 5], 2 * BLOCK))
    half = BLOCK // 2
    for start in range(0, len(clips), half):
        for template in TEMPLATES:
            if not template.names:
                answers = Counter(template.answer(content, 0) for content in clips[start : start + half])
                assert answers == dict.fromkeys(template.answers, half // len(template.answers)), template.content


@pytest.mark.parametrize("clips", [12, 24, 37, 100])
def test_whoever_reads_the_question_alone_is_right_in_one_of_k(clips: int) -> None:
    """Whatever answer a text gets: the right ones are equally many, text by text, so none is better than another."""
    asked = ask(list(contents([clips, 6], clips)), np.random.default_rng(clips))
    of: dict[tuple[str, tuple[str, ...]], Counter[str]] = defaultdict(Counter)
    for one in asked:
        of[one.template.content, one.values][one.answer] += 1
    answers = {template.content: template.answers for template in TEMPLATES}
    for (content, _), right in of.items():
        assert set(right) == set(answers[content]) and len(set(right.values())) == 1
    assert {content for content, _ in of} == set(answers)
    assert len(asked) > 0.9 * 8 * (clips // 12 * 12)  # few clips are left out


@pytest.mark.parametrize("modality", ["seen", "heard"])
def test_the_best_rule_of_one_modality_stays_at_chance_on_clips_it_has_not_seen(modality: str) -> None:
    """Every pair's most common answer of 2,400 clips is learned and judged on others, as a network would do it."""
    train, test = list(contents([1, 7], 2400)), list(contents([2, 7], 2400))
    for template in BOTH:
        counts: dict[tuple[int, int], Counter[str]] = defaultdict(Counter)
        for content in train:
            counts[getattr(content, modality)][template.answer(content, 0)] += 1
        rule = {pair: answers.most_common(1)[0][0] for pair, answers in counts.items()}
        right = sum(rule[getattr(content, modality)] == template.answer(content, 0) for content in test)
        low, high = binom.interval(0.999, len(test), 1 / len(template.answers))
        assert low <= right <= high


def test_answers_are_true_of_what_is_drawn(root: Path) -> None:
    """From the scenes and sounds of every second, by counting seconds, without a word of the templates' own rules."""
    checked = Counter[str]()
    for place, split in enumerate(SIZES):
        clips = list(contents([3, 7006, place], SIZES[split]))
        for row in json.loads((root / "json" / f"avqa-{split}.json").read_text()):
            number = int(row["video_id"].removeprefix(split))
            clip = sample_scenes(np.random.default_rng([3, 7007, place, number]), clips[number])
            shapes = Counter(scene.labels[0] for scene in clip.scenes)
            sounds = Counter(event.label for event in clip.sounds)
            assert sorted(shapes.values()) == sorted(sounds.values()) == [SECONDS - LONG_S, LONG_S]
            shape, sound = shapes.most_common(1)[0][0], sounds.most_common(1)[0][0]
            (name,) = json.loads(row["templ_values"]) or [""]
            truth = {
                "Do you hear a <Object>?": "yes" if name in sounds else "no",
                "Which sound is heard longest?": sound,
                "Do you see a <Object>?": "yes" if name in shapes else "no",
                "Which shape is seen longest?": shape,
                "Does the shape seen longest sound longest?": "yes" if SOUND_OF[shape] == sound else "no",
                "How many shapes in the video sound?": ("zero", "one", "two")[
                    sum(SOUND_OF[each] in sounds for each in shapes)
                ],
            }
            assert row["anser"] == truth[row["question_content"]]
            checked[row["question_content"]] += 1
    assert len(checked) == 6 and min(checked.values()) >= 12


def test_acts_are_stretches_and_their_order_tells_nothing() -> None:
    first: Counter[tuple[bool, bool]] = Counter()
    for number, content in enumerate(contents([4, 8], 960)):
        clip = sample_scenes(np.random.default_rng([4, 9, number]), content)
        labels = [scene.labels[0] for scene in clip.scenes]
        assert len(labels) == SECONDS and sum(a != b for a, b in zip(labels, labels[1:], strict=False)) == 1
        heard = [event.label for event in clip.sounds]
        assert [heard[k] for k in range(SECONDS)] == [heard[labels.index(label)] for label in labels]
        first[content.long_match, labels[0] == QUESTION_SHAPES[content.seen[0]]] += 1
    assert all(abs(count - 240) < 4 * np.sqrt(180) for count in first.values()) and len(first) == 4


def test_the_layout_is_that_of_music_avqa(root: Path) -> None:
    names = [f"{split}{number:06d}" for split, size in SIZES.items() for number in range(size)]
    assert sorted(path.name for path in (root / "video").iterdir()) == sorted(f"{name}.mp4" for name in names)
    rows = [row for split in SIZES for row in json.loads((root / "json" / f"avqa-{split}.json").read_text())]
    assert [row["question_id"] for row in rows] == list(range(len(rows)))
    for row in rows:
        assert list(row) == [
            "video_id", "question_id", "type", "question_content", "templ_values", "question_deleted", "anser",
        ]  # fmt: skip
        assert len(json.loads(row["type"])) == 2 and row["question_deleted"] == 0
        assert row["question_content"].count(BLANK) == len(json.loads(row["templ_values"]))


def test_a_clip_depends_on_seed_split_and_number_alone(root: Path, tmp_path: Path) -> None:
    more = write_questions(tmp_path / "more", 3, {"train": 13, "val": 4, "test": 2})
    for name in ("train000007", "val000000", "test000001"):
        assert (more / "video" / f"{name}.mp4").read_bytes() == (root / "video" / f"{name}.mp4").read_bytes()
    other = write_questions(tmp_path / "other", 4, {"train": 1, "val": 1, "test": 1})
    assert (other / "video/val000000.mp4").read_bytes() != (root / "video/val000000.mp4").read_bytes()
    with pytest.raises(MiniatureError, match="Name a new folder"):
        write_questions(root, 5, SIZES)
