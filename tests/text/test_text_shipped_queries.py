"""Shipped queries by purpose and modality, one label or several in a query, and sentences without a language model."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from pipeline.tasks.load import parse_recipe
from pipeline.text.asking import answer_size, labels_together, query_name, query_text, wordings
from pipeline.text.config import GenerateConfig
from pipeline.text.engines import Answer, Request, load_engine
from pipeline.text.generate import generate_texts, plan_texts
from pipeline.text.parse import parse_answer
from pipeline.text.queries import query
from pipeline.text.select import select_texts
from pipeline.text.sentence_templates import SENTENCE_TEMPLATES
from pipeline.text.shipped_queries import QUERIES
from pipeline.text.spec import texts_spec
from pipeline.text.template import MOST_LABELS, PAPER_TEMPLATE
from stores import Store

LABELS = ["dog", "hot dog", "church bells", "playing guitar", "C++", "pot/vase", "food", "New Year's Eve"]


def config(**settings: object) -> GenerateConfig:
    return GenerateConfig.model_validate({"model": "someone/chat"} | settings)


@pytest.mark.parametrize("name", QUERIES)
@pytest.mark.parametrize("modality", MOST_LABELS)
def test_every_purpose_has_wordings_for_every_modality(name: str, modality: str) -> None:
    made = config(query=name)
    found = wordings(made, modality)
    assert found and len(set(found)) == len(found) and all(each.count("{labels}") == 1 for each in found)
    assert query_name(made, modality) == name and answer_size(made, modality) == (5 if name == "paper" else 1)
    assert labels_together(made, modality) == (MOST_LABELS[modality] if QUERIES[name].together else 1)


def test_the_queries_of_a_class_take_the_wordings_in_turn_also_where_they_combine_labels() -> None:
    mine = config(template=["A {modality} of {labels}?", "Where is {labels}?"], max_labels={"image": 3})
    asked = [query_text(mine, query(0, "image", "a", j, ["a", "b", "c"], 3)) for j in range(12)]
    assert [text.startswith("A image of") for text in asked] == ([True] * 3 + [False] * 3) * 2
    assert {text.count(",") for text in asked} == {0, 1, 2}
    alone = config(query="definitions")
    first, second = (query_text(alone, query(0, "text", "food", j, LABELS, 1)) for j in range(2))
    assert first == "Define the word food in one sentence." != second


def test_what_is_asked_by_default() -> None:
    assert {m: query_name(config(), m) for m in MOST_LABELS} == dict.fromkeys(MOST_LABELS, "paper") | {
        "text": "definitions"
    }
    assert query_name(GenerateConfig(), "text") == "paper"  # all that the miniature model ever learned
    assert query_name(config(query="paper"), "text") == "paper"
    assert query_name(config(template="Say {labels}."), "text") is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"query": "looks", "template": "{labels}"}, "query: looks and a template of your own were both given"),
        ({"query": "looks", "engine": "templates"}, "the engine 'templates' has none"),
        ({"query": "smells"}, "Input should be 'paper', 'scenes', 'looks', 'definitions' or 'kinds'"),
        ({"template": []}, "it is empty; leave it out for a shipped query"),
        ({"template": ["{labels}", "x"]}, "this one holds it 0 times"),
        ({"combine": "sometimes"}, "Input should be 'always', 'files' or 'never'"),
    ],
)
def test_what_contradicts_itself_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        config(**settings)
    assert message in str(caught.value)


def test_what_is_left_at_its_default_keeps_its_name_and_what_is_changed_gets_another() -> None:
    old = texts_spec(config(), "image")
    assert old.fields["template"] == PAPER_TEMPLATE.replace("{modality}", "image")
    assert {"must_name", "query", "combine"}.isdisjoint(old.fields)
    same = [{"query": "paper"}, {"combine": "always"}, {"must_name": True}, {"template": PAPER_TEMPLATE}]
    assert all(texts_spec(config(**each), "image") == old for each in same)
    others = [{"query": name} for name in QUERIES if name != "paper"]
    others += [
        {"combine": "never"},
        {"must_name": False},
        {"engine": "templates"},
        {"template": ["{labels}", "A {labels}"]},
    ]
    names = [texts_spec(config(**each), "image").fingerprint for each in others]
    assert len({old.fingerprint, *names}) == len(names) + 1


class Asked:
    """Remembers its queries; says one good sentence."""

    def __init__(self) -> None:
        self.prompts: list[str] = []

    def generate(self, requests: Sequence[Request]) -> list[Answer]:
        self.prompts += [request.prompt for request in requests]
        return [Answer(f"Number {len(self.prompts) + i} has a dog.") for i, _ in enumerate(requests)]


def test_as_many_queries_are_asked_as_sentences_are_wanted_where_each_asks_for_one(tmp_path: Path) -> None:
    engine = Asked()
    generate_texts(Store(tmp_path), config(query="looks", sentences_per_class=20), "image", ["dog"], engine=engine)
    assert len(engine.prompts) == 20 and len(set(engine.prompts)) == len(wordings(config(query="looks"), "image"))


def test_sentences_that_do_not_name_their_class_are_kept_where_the_recipe_says_so(tmp_path: Path) -> None:
    settings = {"query": "looks", "sentences_per_class": 3, "max_rounds": 1}
    strict = generate_texts(Store(tmp_path), config(**settings), "image", ["cat"], engine=Asked())
    assert strict.rejected == {"label missing": 3}
    loose = config(**settings, must_name=False)
    assert generate_texts(Store(tmp_path), loose, "image", ["cat"], engine=Asked()).accepted == 3
    assert [s.labels for s in select_texts(Store(tmp_path).artifact(texts_spec(loose, "image")), ["cat"], 9)] == [
        ("cat",)
    ] * 3


def recipe(generate: dict[str, Any], **data: Any):  # type: ignore[no-untyped-def]
    modalities = {"image": {"labels": ["cat", "dog"], "encoder": "miniature-clip"} | ({"data": data} if data else {})}
    text = yaml.safe_dump({"name": "x", "modalities": modalities, "generate": generate})
    return parse_recipe(text, where="x.yaml", base=Path.cwd()).generate


@pytest.mark.parametrize(
    ("combine", "data", "together"),
    [
        ("files", {"layout": "folder", "root": "."}, 1),
        ("files", {"layout": "mscoco", "root": "."}, 3),
        ("files", {"layout": "voc2007", "root": "."}, 3),
        ("files", {"layout": "miniature"}, 3),
        ("files", {}, 1),
        ("always", {"layout": "folder", "root": "."}, 3),
        (None, {"layout": "folder", "root": "."}, 3),
        ("never", {"layout": "mscoco", "root": "."}, 1),
    ],
)
def test_a_query_names_one_class_where_files_show_one(combine: str | None, data: dict[str, Any], together: int) -> None:
    made = recipe({"model": "someone/chat"} | ({"combine": combine} if combine else {}), **data)
    assert labels_together(made, "image") == together
    assert GenerateConfig.model_validate(made.model_dump(mode="json")) == made  # a run record says the same


@pytest.mark.parametrize("modality", MOST_LABELS)
def test_sentences_by_hand_are_read_as_they_are_and_every_one_is_kept(modality: str, tmp_path: Path) -> None:
    for template in SENTENCE_TEMPLATES[modality]:
        assert parse_answer(template.replace("{labels}", "food"), cut=False).sentences == (
            template.replace("{labels}", "food"),
        )
    made = GenerateConfig(engine="templates", combine="never")
    wanted = len(SENTENCE_TEMPLATES[modality])
    assert wanted >= 12
    plan = plan_texts(Store(tmp_path), made, modality, LABELS)
    assert plan.queries == wanted * len(LABELS) and set(plan.below_quota.values()) == {0}
    summary = generate_texts(Store(tmp_path), made, modality, LABELS)
    assert not summary.rejected and not summary.below_quota and summary.accepted == wanted * len(LABELS)
    assert plan_texts(Store(tmp_path), made, modality, LABELS).queries == 0
    texts = {s.text for s in select_texts(Store(tmp_path).artifact(texts_spec(made, modality)), ["C++"], 99)}
    assert texts == {template.replace("{labels}", "C++") for template in SENTENCE_TEMPLATES[modality]}


def test_sentences_by_hand_combine_classes_where_files_show_several(tmp_path: Path) -> None:
    made = recipe({"engine": "templates"}, layout="mscoco", root=".")
    summary = generate_texts(Store(tmp_path), made, "image", ["cat", "dog", "owl"])
    assert made.quota("image") == 3 * len(SENTENCE_TEMPLATES["image"]) and summary.accepted > 2 * made.quota("image")
    found = select_texts(Store(tmp_path).artifact(texts_spec(made, "image")), ["cat", "dog", "owl"], 999)
    assert {len(each.labels) for each in found} == {1, 2, 3}
    assert all(each.text.count(" and ") >= len(each.labels) - 1 for each in found)
    assert recipe({"engine": "templates"}, layout="folder", root=".").quota("image") == len(SENTENCE_TEMPLATES["image"])


def test_sentences_by_hand_may_be_ones_own_and_fewer() -> None:
    mine = GenerateConfig(
        engine="templates", template=("One {labels} here.", "Two of {labels} there."), combine="never"
    )
    assert mine.quota("image") == 2 and wordings(mine, "image") == mine.template
    assert mine.model_copy(update={"sentences_per_class": 1}).quota("image") == 1
    assert load_engine(mine).generate([Request("One cat here.", 0)]) == [Answer("One cat here.")]
