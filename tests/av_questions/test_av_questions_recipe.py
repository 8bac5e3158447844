"""Recipes of questions: what is refused and with which words, what is warned of, and new ones for own clips."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from question_runs import FEW, HEAD, content_of, opened

from pipeline.datasets.av.clips import Leak, RejectedClip
from pipeline.evaluation.intervals import Interval
from pipeline.recipe.errors import RecipeError
from pipeline.stages.plan import foreseen, plan_run
from pipeline.tasks.av.errors import AvError, NotCached, NotTrained
from pipeline.tasks.av.published import published
from pipeline.tasks.av.result import MethodFigures
from pipeline.tasks.av.work import units
from pipeline.tasks.av_questions.alarms import alarms
from pipeline.tasks.av_questions.bound import BoundAvQuestions
from pipeline.tasks.av_questions.kinds import ALL, Group, groups_of, wholes_of
from pipeline.tasks.av_questions.learn import learn
from pipeline.tasks.av_questions.result import QuestionsResult, read_result
from pipeline.tasks.av_questions.shown import choose
from pipeline.tasks.av_questions.words import remarks
from pipeline.tasks.load import check_recipe, load_recipe, parse_recipe

Call = Callable[..., tuple[int, str, str]]
ONE = {"copl": {"global_prompts": 2, "head": HEAD, **FEW}}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"seeds": [1, 1]}, "each is named once"),
        ({"methods": {}}, "methods"),
        ({"methods": {"copl": {"togethr": 2}}}, "methods.copl.togethr: unknown key; did you mean 'together'?"),
        ({"methods": {"copl": {"head": {"use": "question"}}}}, "Write rung: none"),
        ({"methods": {"copl": {"head": {"question": "clip-text"}}}}, "Write question: lstm"),
        ({"methods": {"copl": {"batch": 8, "together": 3}}}, "Write together: 2"),
        ({"publish": {"method": "other"}}, "method 'other' is not under 'methods' (question only, audio alone"),
        ({"questions": {"layout": "avqa", "root": "x"}}, "questions"),
        ({"protocol": "lavish"}, "protocol"),
    ],
)
def test_mistakes_are_told(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(RecipeError) as error:
        check_recipe(content_of(**changes), where="r.yaml", base=Path())
    assert told in str(error.value)


def test_the_key_questions_says_the_task_and_paths_start_from_the_recipe(tmp_path: Path) -> None:
    content = content_of(questions={"layout": "questions", "root": "clips", "questions": "qa.csv"}, workspace="w")
    recipe = parse_recipe(yaml.safe_dump(content, sort_keys=False), where="r.yaml", base=tmp_path)
    assert recipe.questions.root == tmp_path / "clips" and recipe.questions.questions == tmp_path / "qa.csv"
    assert recipe.workspace == tmp_path / "w" and published(recipe, lambda *_: None) == ("copl", 0)


def test_what_never_looks_answers_only_where_the_recipe_says_so() -> None:
    """Though it were the best on val: a user asks about a clip."""

    class Best:
        def __init__(self, figure: float):
            self.figure = lambda: figure

    blind = {"rung": "none", "head": {**HEAD, "use": "question"}}
    figures = {"blind": 0.9, "late": 0.4, "head": 0.6}

    def answers(**changes: Any) -> str:
        recipe = check_recipe(content_of(**changes), where="r.yaml", base=Path())
        return published(recipe, lambda name, seed: Best(figures[name]))[0]  # type: ignore[arg-type,return-value]

    methods = {"blind": blind, "late": {"variant": "late", "head": HEAD}, "head": {"rung": "none", "head": HEAD}}
    assert answers(methods=methods) == "head"
    assert answers(methods=methods, publish={"method": "blind"}) == "blind"
    assert answers(methods={"blind": blind}) == "blind"


def test_options_that_do_not_fit_the_tower_are_told_with_their_method(open_questions: Any) -> None:
    with pytest.raises(AvError) as error:
        plan_run(open_questions(methods={"far": {"layers": 99}, "deep": {"variant": "late", "start": "stage9"}}))
    assert "methods: far: copl: layers asks for 99 pairs" in str(error.value) and "methods: deep: " in str(error.value)


def test_a_stage_too_early_says_what_comes_before(open_questions: Any) -> None:
    bound: BoundAvQuestions = open_questions(methods=ONE)
    with pytest.raises(NotCached, match="mmpt-pipeline cache-features RECIPE"):
        learn(bound, units(bound)[0])
    with pytest.raises(NotTrained, match="mmpt-pipeline train RECIPE"):
        read_result(bound)


def changed(bound: BoundAvQuestions, **changes: Any) -> BoundAvQuestions:
    """The same with other questions."""
    bound.__dict__["clips"] = replace(bound.clips, **changes)
    return bound


def test_splits_without_a_question_are_told_before_anything_is_made(tmp_path: Path) -> None:
    bound = opened(tmp_path, content_of(methods=ONE)).without_drawing()
    with pytest.raises(AvError) as error:
        plan_run(changed(bound, questions=bound.of("train")))
    assert "no question of test" in str(error.value) and "no question of val" in str(error.value)


def test_partial_data_and_leaking_videos_are_warned_of(tmp_path: Path) -> None:
    bound = opened(tmp_path, content_of(methods=ONE)).without_drawing()
    assert foreseen(bound) == []
    many = len(bound.of("test"))
    gone, leak = RejectedClip(3, "test", "video/x.mp4", "no such file"), Leak("abc", (("val", 0), ("test", 9)))
    found = {alarm.code: alarm for alarm in alarms(changed(bound, refused=(gone,), leaks=(leak,)), "plan", None)}
    assert set(found) == {"partial-data", "leaking-videos"}
    assert f"test: {many} of {many + 1}" in found["partial-data"].problem
    assert "1 videos of test are also in val: abc" in found["leaking-videos"].problem
    assert "disjoint: true" in found["leaking-videos"].remedy
    bound.warn("cache", alarms(bound, "plan", None))
    assert list(alarms(bound, "plan", None)) == []  # what the run has kept is not foreseen once more


def test_answers_and_kinds_that_train_never_has_are_told(open_questions: Any) -> None:
    bound = open_questions(methods=ONE)
    whole = bound.clips
    assert list(alarms(bound, "plan", None)) == []
    odd = tuple(
        replace(q, answer="maybe", kind=("Audio", "Temporal")) if q.split == "test" and q.row < 3 else q
        for q in whole.questions
    )
    found = {alarm.code: alarm for alarm in alarms(changed(bound, questions=odd), "plan", None)}
    assert set(found) == {"unlearned-answer", "unlearned-kind"}
    assert f"3 of {len(bound.of('test'))} test questions have an answer that no question of train has (maybe)" in (
        found["unlearned-answer"].problem
    )
    assert "Audio, Temporal" in found["unlearned-kind"].problem and "add questions" in found["unlearned-kind"].remedy


KINDS = [("Audio", "Counting"), ("Audio", "Comparative"), ("Visual", "Counting")]


def judged(value: float = 0.86, **changes: Any) -> QuestionsResult:
    """A result of one method, as good at every kind."""
    groups = groups_of(KINDS)
    scores = dict.fromkeys((group.name for group in groups), Interval(value, value - 0.02, value + 0.02))
    scores |= changes.pop("scores", {})
    one = MethodFigures("copl", {"head": 5}, scores, None, None, (value,), (1,))
    beside = {"most common answer": dict.fromkeys(scores, 0.5), "most common of each kind": dict.fromkeys(scores, 0.6)}
    sizes = dict.fromkeys(scores, 300)
    return QuestionsResult((one,), beside, 900, 900, published="copl", groups=groups, sizes=sizes, **changes)


def told(result: QuestionsResult) -> dict[str, Any]:
    return {alarm.code: alarm for alarm in alarms(None, "evaluate", result)}  # type: ignore[arg-type]


def test_a_method_below_what_needs_no_look_is_told_in_all_and_by_kind() -> None:
    assert told(judged()) == {}
    (alarm,) = told(judged(0.4)).values()
    assert alarm.code == "below-prior" and "copl answers 40.0 % of 900 questions rightly" in alarm.problem
    assert (
        "'most common of each kind', without looking or listening, 60.0 %" in alarm.problem
        and "lr_head" in alarm.remedy
    )
    low = judged(0.4)
    blind = replace(low.methods[0], name="blind", scores=dict.fromkeys(low.sizes, Interval(0.9, 0.8, 1)))
    (alarm,) = told(replace(low, methods=(blind, *low.methods), blindfold="blind")).values()
    assert "publish" not in alarm.remedy  # not what never looks
    (alarm,) = told(
        replace(low, methods=(replace(blind, name="copl", scores=low.methods[0].scores),), blindfold="copl")
    ).values()
    assert alarm.code == "below-prior" and "publish" not in alarm.remedy  # nor where nothing else is in the recipe
    (alarm,) = told(judged(scores={"Audio, Counting": Interval(0.3, 0.25, 0.35)})).values()
    assert alarm.code == "below-prior-of-kind" and alarm.classes == ("Audio, Counting",)
    assert "Audio, Counting 30.0 %, 'most common of each kind' 60.0 %" in alarm.problem
    assert told(judged(scores={"Audio, Counting": Interval(0.59, 0.5, 0.68)})) == {}  # what other questions would do


def test_a_method_that_is_not_shown_to_be_better_than_not_looking_is_told() -> None:
    """As copl-parallel with two blocks was, which learned nothing and was 0.4 points above what needs no model."""
    result = judged(0.61)
    (alarm,) = told(result).values()
    assert alarm.code == "no-better-than-prior" and "copl answers 61.0 [59.0, 63.0] % of 900 questions" in alarm.problem
    assert (
        "'most common of each kind', without looking or listening, 60.0 %" in alarm.problem and "losses" in alarm.remedy
    )
    assert told(judged(0.63)) == {}


def test_a_method_that_is_no_better_than_the_question_alone_is_told() -> None:
    (alarm,) = told(judged(blindfold="question only", over_blindfold=Interval(0.02, -0.01, 0.05))).values()
    assert alarm.code == "no-better-than-question-only"
    assert "+2.0 [−1.0, +5.0] points of the questions more rightly than 'question only'" in alarm.problem
    assert told(judged(blindfold="question only", over_blindfold=Interval(0.2, 0.1, 0.3))) == {}


def test_prompts_that_make_it_worse_are_told() -> None:
    (alarm,) = told(judged(frozen="head-only", over_frozen=Interval(-0.09, -0.11, -0.06))).values()
    assert (
        alarm.code == "below-frozen" and "9.0 points of the questions fewer rightly than 'head-only'" in alarm.problem
    )
    for fine in (Interval(-0.09, -0.2, 0.01), Interval(-0.005, -0.009, -0.001), Interval(0.1, 0.05, 0.2)):
        assert told(judged(frozen="head-only", over_frozen=fine)) == {}


def test_remarks_tell_what_figures_are_of() -> None:
    assert remarks(judged()) == []
    found = remarks(replace(judged(), listed=950, unlearned=4, silent=2, version="json_update"))
    assert found[0].startswith("partial: 900 of 950 test questions")
    assert "2 of the questions have no sound: judged by their picture alone" in found
    assert "questions of the version json_update" in found
    assert "4 of the questions have an answer that train never has: counted as wrong" in found


def test_groups_are_all_questions_then_modalities_with_their_kinds() -> None:
    assert groups_of(KINDS) == (
        Group(ALL, (0, 1, 2), True), Group("Audio", (0, 1), True), Group("Audio, Counting", (0,)),
        Group("Audio, Comparative", (1,)), Group("Visual, Counting", (2,)),
    )  # fmt: skip
    assert wholes_of(groups_of(KINDS)) == ["Audio", "Visual, Counting"]
    assert groups_of([("any", "")]) == (Group(ALL, (0,), True),)
    assert [group.name for group in groups_of(KINDS[:2])] == [ALL, "Audio, Counting", "Audio, Comparative"]


def test_shown_are_clips_with_confident_mistakes_with_many_and_without_each_once() -> None:
    truth, videos = np.array([0, 0, 1, 1, 0, 0]), ["a", "a", "b", "b", "c", "d"]
    shares = np.array([[0.9, 0.1], [0.8, 0.2], [0.97, 0.03], [0.1, 0.9], [0.4, 0.6], [0.7, 0.3]], np.float32)
    kinds = [("x", "1"), ("x", "2"), ("x", "1"), ("x", "2"), ("x", "1"), ("x", "1")]
    assert choose(shares, truth, videos, kinds, each=1) == [
        ((2, 3), "a confident mistake: 1 of 2 right"), ((4,), "most answers wrong: 0 of 1 right"),
        ((0, 1), "all right: 2 of 2 right"),
    ]  # fmt: skip


def test_a_recipe_for_own_clips_is_written_and_can_be_loaded(call: Call, tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    (tmp_path / "qa.csv").write_text("file,question,answer\na.mp4,How many?,two\n")
    asked = ("recipes", "new", "--videos", tmp_path / "clips", "--questions", tmp_path / "qa.csv")
    out = tmp_path / "recipe.yaml"
    code, said, _ = call(*asked, "--out", out)
    assert code == 0 and "mmpt-pipeline run" in said
    recipe = load_recipe(out)
    assert (
        recipe.name == "clips"
        and recipe.questions.root == tmp_path / "clips"
        and "questions: qa.csv" in out.read_text()
    )
    assert list(recipe.methods) == ["question only", "head-only", "late"] and "--ask" in out.read_text()
    code, _, err = call(*asked, "--out", out)
    assert code == 2 and "--force" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--questions", "qa.csv"), "--videos FOLDER"),
        (("--videos", "clips", "--questions", "gone.csv"), "is no file"),
        (("--videos", "nowhere", "--questions", "qa.csv"), "is no folder"),
        (("--videos", "clips", "--questions", "qa.csv", "--labels", "a,b"), "none of the others"),
        (("--videos", "clips", "--questions", "qa.csv", "--events", "qa.csv"), "none of the others"),
        (("--videos", "clips", "--questions", "qa.csv", "--encoder", "miniature-clip"), "not run block by block"),
    ],
)
def test_what_no_recipe_can_be_written_for_is_told(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clips").mkdir()
    (tmp_path / "qa.csv").write_text("file,question,answer\n")
    code, _, err = call("recipes", "new", *words)
    assert code == 2 and said in " ".join(err.split()) and not (tmp_path / "recipe.yaml").exists()
