"""Classes leave or are called otherwise: sentences and learned rows of all others stay, and nothing is learned."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline.cli.app import main
from pipeline.datasets.read import Source
from pipeline.datasets.rows import MediaRow
from pipeline.labels import Column, load_labels
from pipeline.methods.taam_cpt.prompts import class_prompts
from pipeline.records import read_run
from pipeline.stages.plan import plan_run
from pipeline.stages.refresh import refresh
from pipeline.stages.whole import run_recipe
from pipeline.tasks.sentences.alarms.renamed import files_of_old_names
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.carried import kept
from pipeline.tasks.sentences.figures import NotTrained, trained_checkpoint
from pipeline.text.spec import texts_spec
from pipeline.training.checkpoint import Checkpoints

Open = Callable[..., BoundSentences]
Opened = Callable[[], BoundSentences]


@pytest.fixture
def opened(open_context: Open, tmp_path: Path) -> Opened:
    """A recipe whose classes stand in files, bound anew."""
    files = {"image": ["cat", "dog", "sun"], "audio": ["bark", "rain"]}
    for modality, names in files.items():
        (tmp_path / f"{modality}.txt").write_text("\n".join(names) + "\n")
    labels = {modality: str(tmp_path / f"{modality}.txt") for modality in files}
    return lambda: open_context(labels=labels)


def classes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *words: str) -> None:
    place = ["-w", str(tmp_path / "workspace")] if words[0] == "rename" else []
    monkeypatch.setattr(
        "sys.argv", ["mmpt-pipeline", "classes", words[0], str(tmp_path / "recipe.yaml"), *words[1:], *place]
    )
    with pytest.raises(SystemExit) as left:
        main()
    assert not left.value.code


def rows(bound: BoundSentences) -> dict[str, dict[Column, np.ndarray]]:
    """Modality -> column -> its learned row, of the run's record."""
    record = bound.record()
    known = Checkpoints(bound.store.find(record.artifacts["checkpoint"]))
    columns = [Column(*each) for each in record.columns]
    return {
        m: dict(zip(columns, values, strict=True)) for m, values in class_prompts(known.arrays(known.answer())).items()
    }


def missing(bound: BoundSentences, what: str) -> int:
    return sum(step.missing for step in plan_run(bound) if step.stage == what)


def test_which_rows_are_kept() -> None:
    a, b, c, d = (Column("image", name) for name in "abcd")
    found = kept([a, b, c], [c, b, d], [])
    assert (found.rows, found.columns, found.dropped, found.changed) == ((1, 2), (b, c), 1, True)
    chain = kept([a, b], [b, d], [["image", "a", "c"], ["audio", "c", "x"], ["image", "c", "d"]])
    assert chain.columns == (d, b) and chain.renamed == (("image", "a", "d"),)
    assert kept([a, b], [a, b, c], [["image", "a", "c"]]).columns == (a, b), "the old name is a class again"
    assert kept([a, b], [b], [["image", "a", "b"]]).rows == (1,), "two rows cannot be one class"
    twice = [["image", "a", "b"], ["image", "a", "c"]]
    assert kept([a], [c], twice).renamed == (("image", "a", "c"),), "it was given up, came back, and was renamed again"
    assert kept([a, b], [b, c], twice).columns == (c, b)
    assert kept([a], [b, c], twice).columns == (b,)


def test_a_class_that_leaves_leaves_all_others_as_they_are(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_recipe(opened())
    before = rows(opened())
    classes(monkeypatch, tmp_path, "remove", "dog", "--modality", "image")
    assert missing(opened(), "generate-texts") <= 2  # sentences that name dog and another class go as well
    run_recipe(opened())
    after, record = rows(opened()), read_run(tmp_path / "workspace/runs/small")
    assert record is not None and record.mode == "carried"
    for modality, columns in after.items():
        assert set(columns) == set(before[modality]) - {Column("image", "dog")}
        assert all((row == before[modality][column]).all() for column, row in columns.items())
    assert [step for step in plan_run(opened()) if step.missing] == [], "nothing is left to do"
    classes(monkeypatch, tmp_path, "add", "dog", "--modality", "image")
    assert missing(opened(), "generate-texts") == 0, "its sentences were kept"
    run_recipe(opened())
    record = read_run(tmp_path / "workspace/runs/small")
    assert record is not None and record.mode == "frozen" and ["image", "dog"] in record.columns


def test_a_class_that_is_renamed_keeps_its_sentences_and_its_row(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_recipe(opened())
    before, old = rows(opened()), [s.text for s in opened().sentences("image") if s.anchor == "cat"]
    classes(monkeypatch, tmp_path, "rename", "cat", "ocelot", "--modality", "image")
    assert "'cat' is 'ocelot' from now on" in capsys.readouterr().out
    assert load_labels(str(tmp_path / "image.txt")) == ["ocelot", "dog", "sun"]
    new = [s.text for s in opened().sentences("image") if s.anchor == "ocelot"]
    assert len(new) == len(old) and all("ocelot" in text and "cat" not in text.split() for text in new)
    assert missing(opened(), "generate-texts") == 0, "no query is asked again"
    found = refresh(opened())
    assert (found.epochs, found.mode, found.added) == (0, "carried", ())
    after = rows(opened())
    for modality, columns in after.items():
        assert (columns[Column("image", "ocelot")] == before[modality][Column("image", "cat")]).all()
        for column in set(columns) - {Column("image", "ocelot")}:
            assert (columns[column] == before[modality][column]).all()
    assert [step for step in plan_run(opened()) if step.missing] == []


def test_a_rename_that_was_killed_half_way_is_repeated(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_recipe(opened())

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.labels.changing.rename_label", killed)
        patch.setattr("sys.argv", ["x", "classes", "rename", str(tmp_path / "recipe.yaml"), "cat", "ocelot", "-m", "image",
                                   "-w", str(tmp_path / "workspace")])  # fmt: skip
        with pytest.raises(SystemExit):
            main()
    texts = opened().store.artifact(texts_spec(opened().recipe.generate, "image"))
    held = len(texts.keys())
    classes(monkeypatch, tmp_path, "rename", "cat", "ocelot", "-m", "image")
    assert len(opened().store.artifact(texts.spec).keys()) == held, "nothing is written twice"
    record = read_run(tmp_path / "workspace/runs/small")
    assert record is not None and record.renamed == [["image", "cat", "ocelot"]]
    run_recipe(opened())
    assert read_run(tmp_path / "workspace/runs/small").mode == "carried"  # type: ignore[union-attr]


def test_a_slip_that_looks_like_a_rename_done_before_mixes_no_sentences(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A class that left still has sentences in the store; they are not another class's."""
    run_recipe(opened())
    classes(monkeypatch, tmp_path, "remove", "dog", "--modality", "image")
    with pytest.raises(NotTrained, match="is not trained for the classes of today: it has since lost 'dog'. Train it"):
        trained_checkpoint(opened())
    before = [s.text for s in opened().sentences("image")]
    classes(monkeypatch, tmp_path, "rename", "dog", "cat", "--modality", "image")
    assert "Nothing was done: 'dog' is no class of" in capsys.readouterr().out
    assert [s.text for s in opened().sentences("image")] == before
    record = read_run(tmp_path / "workspace/runs/small")
    assert record is not None and record.renamed == []


def test_files_that_say_the_old_name_are_told(opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_recipe(opened())
    classes(monkeypatch, tmp_path, "rename", "cat", "ocelot", "--modality", "image")
    bound, row = opened(), MediaRow("1" * 64, "sun.png", ("sun",))
    for unknown in ((("cat", 3), ("bus", 7)), (("bus", 7),)):
        bound.__dict__["sources"] = {"image": Source((row,), unknown=unknown)}
        told = list(files_of_old_names(bound))
        assert [each.classes for each in told] == ([("ocelot",)] if len(unknown) == 2 else [])
        assert all(
            "3 image files are of 'cat', which the recipe calls 'ocelot' by now" in each.problem for each in told
        )


def test_a_class_is_renamed_and_another_is_new_in_one_go(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_recipe(opened())
    before = rows(opened())
    classes(monkeypatch, tmp_path, "rename", "cat", "ocelot", "-m", "image")
    classes(monkeypatch, tmp_path, "remove", "sun", "-m", "image")
    classes(monkeypatch, tmp_path, "add", "hen", "-m", "image")
    run_recipe(opened())
    after, record = rows(opened()), read_run(tmp_path / "workspace/runs/small")
    assert record is not None and record.mode == "frozen"
    for modality, columns in after.items():
        assert (columns[Column("image", "ocelot")] == before[modality][Column("image", "cat")]).all()
        assert Column("image", "hen") in columns and Column("image", "sun") not in columns
    assert [step for step in plan_run(opened()) if step.missing] == []
