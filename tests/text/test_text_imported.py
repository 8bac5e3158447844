"""Imported sentences stand in for generated ones, from the file to a trained run."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

import pipeline.text.imported as imported
from pipeline.cli.app import app
from pipeline.labels import LabelError
from pipeline.progress import Progress
from pipeline.recipe import RecipeError
from pipeline.recipe.load import parse_recipe
from pipeline.stages.cache import cache
from pipeline.stages.generate import generate
from pipeline.stages.train import train
from pipeline.text.config import ALL_IMPORTED, GenerateConfig
from pipeline.text.errors import TextError
from pipeline.text.generate import generate_texts, plan_texts
from pipeline.text.imported import import_texts
from pipeline.text.select import select_texts
from pipeline.text.spec import texts_spec
from pipeline.text.summary import ClassCount
from stores import Store, text_key

LINES = [
    "A dog sleeps in the warm sun.&&dog,sun",
    "broken",
    "A cat looks at a dog.&&cat",
    "A cat looks at a dog.&&dog",
    "A cat looks at a dog.&&cat",
    "A horse stands in the sun.&&horse,sun",
    "Nothing to see here at all.&&cat",
    "A cat looks at the dog.&&cat,dog",
    "A zebra runs.&&zebra",
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "sentences.txt").write_text("\n".join(LINES) + "\n")
    return tmp_path / "sentences.txt"


def config(file: Path, filters: bool = False, **changes: object) -> GenerateConfig:
    imports = {"files": {"image": str(file)}, "filters": filters}
    return GenerateConfig.model_validate({"engine": "import", "imports": imports} | changes)


def run(workspace: Path, made: GenerateConfig, labels: list[str] | None = None):
    return import_texts(Store(workspace), made, "image", labels, Progress.silent())


def test_rows_keep_all_labels_and_lines_that_cannot_be_used_are_listed(file: Path, tmp_path: Path) -> None:
    summary = run(tmp_path / "w", config(file))
    artifact = Store(tmp_path / "w").artifact(texts_spec(config(file), "image"))
    rows = artifact.table().to_pylist()
    assert [(row["text"], row["labels"], row["query"]) for row in rows] == [
        ("A dog sleeps in the warm sun.", ["dog", "sun"], 1),
        ("A cat looks at a dog.", ["cat", "dog"], 3),
        ("A horse stands in the sun.", ["horse", "sun"], 6),
        ("Nothing to see here at all.", ["cat"], 7),
        ("A cat looks at the dog.", ["cat", "dog"], 8),
        ("A zebra runs.", ["zebra"], 9),
    ]
    assert all(row["key"] == text_key(row["text"]) and row["anchor"] == row["labels"][0] for row in rows)
    assert [(r.detail["line"], r.reason, r.detail["text"]) for r in artifact.rejected()] == [
        ("2", "no && between sentence and labels", "broken"),
        ("5", "duplicate", "A cat looks at a dog."),
    ]
    assert (summary.accepted, summary.sentences, summary.rejected) == (
        6,
        8,
        {"no && between sentence and labels": 1, "duplicate": 1},
    )
    assert summary.classes["dog"] == ClassCount(1, 3)


def test_filters_on_request(file: Path, tmp_path: Path) -> None:
    made = config(file, filters=True)
    summary = run(tmp_path / "w", made)
    artifact = Store(tmp_path / "w").find(summary.artifact)
    assert [row["query"] for row in artifact.table().to_pylist()] == [1, 3, 6, 9]
    assert {(r.detail["line"], r.reason) for r in artifact.rejected()} == {
        ("2", "no && between sentence and labels"),
        ("5", "duplicate"),
        ("7", "label missing"),
        ("8", "near-duplicate"),
    }


def test_the_content_names_the_texts_and_the_place_does_not(file: Path, tmp_path: Path) -> None:
    base = texts_spec(config(file), "image")
    moved = Path(shutil.copy(file, tmp_path / "other.txt"))
    same = [
        config(moved),
        config(file, sentences_per_class=3, seed=9, max_words=9),
        config(file, template="x {labels}"),
    ]
    assert {texts_spec(made, "image").fingerprint for made in same} == {base.fingerprint}
    assert str(tmp_path) not in str(base.as_json())
    filtered = [config(file, True), config(file, True, max_words=9), config(file, True, max_similarity=0.5)]
    names = {texts_spec(made, "image").fingerprint for made in filtered}
    moved.write_text(file.read_text() + "One more dog.&&dog\n")
    names |= {base.fingerprint, texts_spec(config(moved), "image").fingerprint}
    csv = GenerateConfig.model_validate(
        {"engine": "import", "imports": {"files": {"image": str(file), "audio": str(file)}, "format": "csv"}}
    )
    names |= {texts_spec(csv, "image").fingerprint, texts_spec(csv, "audio").fingerprint}
    assert len(names) == 7


def test_a_label_set_takes_what_it_knows_and_other_labels_cost_nothing(file: Path, tmp_path: Path) -> None:
    store, made = Store(tmp_path / "w"), config(file)
    assert plan_texts(store, made, "image", ["cat"]).unread == 6
    assert not (tmp_path / "w").exists()
    summary = generate_texts(store, made, "image", ["sun", "cat", "cow"])
    assert summary.below_quota == {"cow": ClassCount(1, 0)}
    artifact = store.artifact(texts_spec(made, "image"))
    chosen = select_texts(artifact, ["sun", "cat", "cow"], ALL_IMPORTED)
    assert [(each.text.split()[1], each.labels, each.anchor) for each in chosen] == [
        ("dog", ("sun",), "sun"),
        ("horse", ("sun",), "sun"),
        ("cat", ("cat",), "cat"),
        ("to", ("cat",), "cat"),
        ("cat", ("cat",), "cat"),
    ]
    assert len(select_texts(artifact, ["sun", "cat"], 1)) == 2
    more = generate_texts(store, made, "image", ["sun", "cat", "zebra"])
    assert (more.accepted, more.sentences, more.artifact) == (0, 0, summary.artifact)
    plan = plan_texts(store, made, "image", ["zebra"])
    assert (plan.imported, plan.unread, plan.queries) == (6, 0, 0)


def test_a_stopped_import_goes_on_and_ends_in_the_same_bytes(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imported, "_RECORDS_PER_SHARD", 2)
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    run(whole, config(file))
    table = imported._table
    calls = iter(range(9))

    def stopping(rows):
        if next(calls) == 2:
            raise KeyboardInterrupt
        return table(rows)

    monkeypatch.setattr(imported, "_table", stopping)
    with pytest.raises(KeyboardInterrupt):
        run(stopped, config(file))
    assert run(stopped, config(file)).accepted == 4
    trees = [
        {str(path.relative_to(top)): path.read_bytes() for path in top.rglob("*") if path.is_file()}
        for top in (whole, stopped)
    ]
    assert trees[0] == trees[1]


def test_captions_without_labels_get_those_that_their_words_name(tmp_path: Path) -> None:
    """The authors' captions of MSCOCO have an empty label field; plain captions have none at all."""
    file, names = tmp_path / "captions.txt", tmp_path / "names.txt"
    file.write_text(
        "Two dogs eat hot dogs.&&\nA cat sleeps\nNothing here.&&\nA cow and a dog.&&cow\n&&dog\na && b && c\n"
    )
    names.write_text("dog\nhot dog\ncat\n")
    imports = {"files": {"image": str(file)}, "find": {"image": str(names)}}
    made = GenerateConfig.model_validate({"engine": "import", "imports": imports})
    summary = run(tmp_path / "w", made)
    artifact = Store(tmp_path / "w").find(summary.artifact)
    assert [(row["query"], row["labels"]) for row in artifact.table().to_pylist()] == [
        (1, ["dog", "hot dog"]),
        (2, ["cat"]),
        (4, ["cow", "dog"]),
    ]
    assert [(r.detail["line"], r.reason) for r in artifact.rejected()] == [
        ("3", "no label"),
        ("5", "no sentence"),
        ("6", "more than one &&"),
    ]
    specs = {texts_spec(made, "image").fingerprint, texts_spec(config(file), "image").fingerprint}
    names.write_text("dog\ncat\n")
    specs.add(texts_spec(made, "image").fingerprint)
    assert len(specs) == 3
    names.unlink()
    with pytest.raises(LabelError, match="names.txt' is neither a shipped label set nor a file"):
        texts_spec(made, "image")


def test_paths_of_a_recipe_start_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("dog\n")
    (tmp_path / "llama").mkdir()
    text = "name: x\nmodalities: {image: {labels: [a, b], encoder: miniature-clip}}\ngenerate:\n"
    text += "  engine: import\n  model: %s\n  vllm: {python: ../python}\n"
    text += "  imports: {files: {image: a.txt, audio: /b.txt}, find: {image: names.txt, audio: esc50}}\n"
    made = parse_recipe(text % "llama", where="r", base=tmp_path).generate
    assert made.imports is not None
    assert made.imports.files == {"image": tmp_path / "a.txt", "audio": Path("/b.txt")}
    assert made.imports.find == {"image": str(tmp_path / "names.txt"), "audio": "esc50"}
    assert (made.model, made.vllm.python) == (str(tmp_path / "llama"), tmp_path / "../python")
    hub = parse_recipe(text % "meta-llama/Llama-2-7b-hf", where="r", base=tmp_path).generate
    assert hub.model == "meta-llama/Llama-2-7b-hf"


def test_cupl_sentences_of_two_classes_are_one_row(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"dog": ["A dog.", "A dog and a cat."], "cat": ["A dog and a cat."]}')
    run(tmp_path / "w", config(tmp_path / "x.json"))
    rows = Store(tmp_path / "w").artifact(texts_spec(config(tmp_path / "x.json"), "image")).table().to_pylist()
    assert [row["labels"] for row in rows] == [["dog"], ["dog", "cat"]]


def test_recipes_that_cannot_be_used(file: Path, tmp_path: Path) -> None:
    text = "name: x\nmodalities: {image: {labels: [a, b], encoder: miniature-clip}}\ngenerate: {engine: import%s}\n"
    with pytest.raises(
        RecipeError, match=r"the engine 'import' needs to know its files, e.g. imports: {files: {image:"
    ):
        parse_recipe(text % "", where="r", base=Path())
    with pytest.raises(RecipeError, match="files names sound; the modalities are image, audio, video"):
        parse_recipe(text % ", imports: {files: {sound: x.txt}}", where="r", base=Path())
    with pytest.raises(
        TextError, match="asked for audio sentences, and generate.imports.files names files of: image. Add one"
    ):
        texts_spec(config(file), "audio")
    with pytest.raises(TextError, match="the file to import, .*gone.txt, cannot be read: No such file or directory"):
        texts_spec(config(tmp_path / "gone.txt"), "image")


def test_a_run_on_imported_sentences(open_context, tmp_path: Path) -> None:
    labels = {"image": ["cat", "dog", "sun"]}
    source = open_context(labels=labels, workspace=tmp_path / "first")
    generate(source)
    out = tmp_path / "sentences.jsonl"
    recipe, runner = str(tmp_path / "recipe.yaml"), CliRunner()
    done = runner.invoke(app, ["texts", "export", recipe, str(out), "-w", str(tmp_path / "first")])
    assert done.exit_code == 0, done.output
    imports = {"engine": "import", "imports": {"files": {"image": str(out)}}, "sentences_per_class": 6}
    context = open_context(labels=labels, generate=imports, workspace=tmp_path / "second")
    assert generate(context)["image"].accepted == len(source.sentences("image")) >= 18
    assert [each.text for each in context.sentences("image")] != []
    assert {(each.text, frozenset(each.labels)) for each in context.sentences("image")} <= {
        (each.text, frozenset(each.labels)) for each in source.sentences("image")
    }
    cache(context)
    assert train(context).epochs == 3


def test_the_command_line(file: Path, tmp_path: Path) -> None:
    runner, workspace = CliRunner(), str(tmp_path / "w")
    done = runner.invoke(app, ["texts", "import", str(file), "-w", workspace, "--filters"])
    assert done.exit_code == 0, done.output
    assert "4 sentences of 5 classes in texts/" in done.output and "4 of them new" in done.output
    assert "4 lines cannot be used" in done.output and "near-duplicate" in done.output
    assert f"  imports:\n    files: {{image: {file}}}\n    filters: true" in done.output
    found = runner.invoke(app, ["texts", "import", str(file), "-w", workspace, "--find", "coco"])
    assert f"  imports:\n    files: {{image: {file}}}\n    find: {{image: coco}}" in found.output
    again = runner.invoke(app, ["texts", "import", str(file), "-w", workspace, "--filters", "--json"])
    assert '"line": 2' in again.output and '"accepted": 0' in again.output
    for arguments, told in (
        (
            ["import", str(file), "-m", "smell", "-w", workspace],
            "'smell' is no modality; there are image, audio, video",
        ),
        (
            ["import", str(file), "-f", "xml", "-w", workspace],
            "'xml' is no format; there are taam, cupl, jsonl, csv, parquet",
        ),
        (["export", "miniature", str(file)], "is there already; give --force to replace it"),
        (
            ["export", "miniature", str(tmp_path / "x.txt"), "-m", "text", "-w", workspace],
            "has no modality 'text'; it has",
        ),
        (
            ["export", "miniature", str(tmp_path / "x.txt"), "-w", workspace],
            "no image sentences yet. Write them: mmpt-pipeline",
        ),
    ):
        refused = runner.invoke(app, ["texts", *arguments])
        assert refused.exit_code == 1 and isinstance(refused.exception, TextError)
        assert told in str(refused.exception)


def test_labels_of_imported_sentences_follow_the_rule_of_names(tmp_path: Path) -> None:
    file, store = tmp_path / "sentences.txt", Store(tmp_path / "w")
    lines = ["A loaf lies here.&&Bread", "A roll lies here.&&bread", "A beetle sits here.&&Ka\u0308fer,HOT_DOG,Hot-Dog"]
    file.write_text("\n".join(lines) + "\n", "utf-8")
    labels = ["bread", "Bread", "Käfer", "hot dog"]
    summary = run(tmp_path / "w", config(file), labels)
    assert {label: count.kept for label, count in summary.classes.items()} == dict.fromkeys(labels, 1)
    artifact = store.artifact(texts_spec(config(file), "image"))
    assert [(s.text, s.labels) for s in select_texts(artifact, labels, 9)] == [
        ("A roll lies here.", ("bread",)), ("A loaf lies here.", ("Bread",)),
        ("A beetle sits here.", ("Käfer", "hot dog")),
    ]  # fmt: skip
    file.write_text("A bun lies here.&&BREAD\n")
    with pytest.raises(LabelError, match="'BREAD' is spelled as no class is, and may mean 'bread' and 'Bread'"):
        run(tmp_path / "w2", config(file), labels)
