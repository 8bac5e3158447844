"""Plain answers are read as they have always been: the texts of the shipped language model and the demo stay the same bytes."""

import hashlib
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.miniature.train.llama_corpus import draw_example
from pipeline.miniature.train.llama_names import NameSource
from pipeline.text.config import GenerateConfig
from pipeline.text.engines import Request
from pipeline.text.engines.deterministic import DeterministicEngine
from pipeline.text.parse import Parsed, parse_answer
from pipeline.text.spec import texts_spec
from pipeline.text.template import MAX_LABELS, render_query

ANSWERS = json.loads(Path(__file__).with_name("plain_answers.json").read_text("utf-8"))
"""Of the shipped miniature LLaMA, each with what release 1 of the parser made of it."""

DIGEST = "715f5e694351f50f93fcace01d054112d462fe648f570da3eba0261c72ed69a5"
"""Over what release 1 of the parser made of `drawn_answers`."""


def test_answers_of_the_shipped_model_are_read_as_ever() -> None:
    assert len(ANSWERS) > 80 and any(answer["fragments"] for answer in ANSWERS)
    for answer in ANSWERS:
        parsed = parse_answer(answer["answer"], cut=answer["cut"])
        assert list(parsed.sentences) == answer["sentences"]
        assert [[fragment.text, fragment.reason] for fragment in parsed.fragments] == answer["fragments"]


def drawn_answers() -> list[tuple[str, bool]]:
    """Answers of the word lists and of the miniature's grammar, some chatty, some cut off."""
    config, names, rng = GenerateConfig(), NameSource.training(), random.Random(3)
    engine = DeterministicEngine(config.template, tuple(config.modality_words.values()))
    found = []
    for seed in range(500):
        modality = rng.choice(list(MAX_LABELS))
        labels = [names.draw(rng, modality) for _ in range(rng.randint(1, 3))]
        request = Request(render_query(config.template, config.modality_words[modality], labels), seed)
        found += [(answer.text, answer.cut) for answer in engine.generate([request])]
        found += [(draw_example(rng, names).answer, cut) for cut in (False, True)]
    return found


def digest(parse: Callable[..., Any]) -> str:
    parsed: list[Parsed] = [parse(answer, cut=cut) for answer, cut in drawn_answers()]
    rows = [[each.sentences, [[part.text, part.reason] for part in each.fragments]] for each in parsed]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def test_drawn_answers_are_read_as_ever() -> None:
    assert digest(parse_answer) == DIGEST


def test_the_name_of_texts_is_as_ever() -> None:
    """Another name would have every stored sentence written again."""
    spec = texts_spec(GenerateConfig(engine="deterministic"), "image")
    assert spec.fields["parser"] == 1
