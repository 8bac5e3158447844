"""Recipes that are right, and every kind of wrong one with the text of its error."""

import re
from pathlib import Path

import pytest

from pipeline.methods.taam_cpt.config import TaamCptConfig
from pipeline.recipe.errors import RecipeError
from pipeline.tasks.load import load_recipe, parse_recipe, recipe_text, shipped_recipes
from pipeline.tasks.sentences.read import labels_of

ALL_WRONG = """\
name: ../outside
seed: -1
worksapce: here
modalities:
  image:
    labels: [cat, dog, cat]
    encoder: miniature-clap
    data: {layout: folder, rot: pictures}
    labls: [cat]
  audio:
    labels: esc5
    encoder: miniature-clapp
  smell:
    labels: [rose]
    encoder: miniature-clip
generate: {temprature: 1}
train: {lr: {imge: 0.1}, epochs: 0}
evaluate: {temperature: 0}
"""


def problems(text: str, base: Path = Path()) -> tuple[str, ...]:
    with pytest.raises(RecipeError) as caught:
        parse_recipe(text, where="recipe.yaml", base=base)
    assert str(caught.value).startswith(f"recipe.yaml: {len(caught.value.problems)} mistake")
    assert all(f"\n  - {problem}" in str(caught.value) for problem in caught.value.problems)
    return caught.value.problems


def minimal(rest: str = "", modality: str = "image", encoder: str = "miniature-clip") -> str:
    return f"name: mine\nmodalities:\n  {modality}:\n    labels: [cat, dog]\n    encoder: {encoder}\n{rest}"


def test_every_mistake_is_told_at_once() -> None:
    found = problems(ALL_WRONG)
    expected = [
        "name: String should match pattern",
        "seed: Input should be greater than or equal to 0 (found: -1)",
        "modalities.image.data.folder.root: Field required",
        "modalities.image.data.folder.rot: unknown key; did you mean 'root'? Allowed here: hold_out, layout, root",
        "modalities.image.labls: unknown key; did you mean 'labels'? Allowed here: data, encoder, labels",
        "generate.temprature: unknown key; did you mean 'temperature'? Allowed here: chat_template_kwargs, combine, engine, ",
        "train.lr.imge: unknown key; did you mean 'image'? Allowed here: audio, image, text, video",
        "train.epochs: Input should be greater than or equal to 1 (found: 0)",
        "evaluate.temperature: Input should be greater than 0 (found: 0)",
        "worksapce: unknown key; did you mean 'workspace'? Allowed here: cache, evaluate, generate, ladder, modalities, ",
        "modalities: unknown modality smell; allowed are video, image, audio",
        "modalities.image.labels: the list in the recipe names 'cat' more than once. Name each class once.",
        "modalities.image.encoder: 'miniature-clap' encodes audio, not image",
        "modalities.audio.labels: 'esc5' is neither a shipped label set nor a file (esc5 does not exist). "
        "Did you mean 'esc50'?",
        "modalities.audio.encoder: unknown encoder 'miniature-clapp'; the nearest known one is 'miniature-clap'.",
    ]
    assert len(found) == len(expected)
    for beginning in expected:
        assert sum(problem.startswith(beginning) for problem in found) == 1, (beginning, found)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "a recipe is a mapping that starts with 'name:', found NoneType"),
        ("- a\n- b\n", "a recipe is a mapping that starts with 'name:', found list"),
        ("name: [\n", "not valid YAML: while parsing a flow node"),
        ("name: a\nname: b\n", "not valid YAML: key 'name' stands there 2 times in \"<unicode string>\", line 1"),
        ("name: !!python/object/apply:os.getcwd []\n", "not valid YAML: could not determine a constructor"),
        ("name: x\nmodalities: {}\n", "modalities: Dictionary should have at least 1 item"),
        ("name: x\nmodalities: [image]\n", "modalities: Input should be a valid dictionary (found: ['image'])"),
        ("name: x\nmodalities: {image: none}\n", "modalities.image: Input should be a valid dictionary"),
        (minimal("1: 2\n"), "1: Keys should be strings"),
        (minimal("seed: many\n"), "seed: Input should be a valid integer"),
        (minimal("train: {preset: [paper]}\n"), "train.preset: Input should be 'recommended', 'paper' or 'code'"),
        (minimal("train: {preset: papr}\n"), "train.preset: Input should be 'recommended', 'paper' or 'code'"),
        (
            minimal("train: {weak: video}\n"),
            "train: weak is 'video', which is not under 'modalities' (image)",
        ),
        (
            minimal("evaluate: {ensemble: {audio: a.csv}}\n"),
            "evaluate: ensemble names audio, which is not under 'modalities'",
        ),
        (minimal("train: {init: text, prompt: shared-intra-512}\n"), "train: init: text puts class names where free"),
        (minimal("cache: {dtype: float64}\n"), "cache.dtype: Input should be 'float16' or 'float32' (found: 'float64')"),
        (minimal("generate: {template: none}\n"), "generate.template: a template holds {labels} exactly once"),
        (minimal("    data: {root: x}\n"), "modalities.image.data: Unable to extract tag using discriminator 'layout'"),
        (
            minimal("    data: {layout: tree, root: x}\n"),
            "modalities.image.data: layout is 'tree'; allowed are 'folder', 'table'",
        ),
        (minimal(modality="audio"), "modalities.audio.encoder: 'miniature-clip' encodes image, not audio"),
        (minimal(encoder="clip:nowhere"), "modalities.image.encoder: "),
    ],
)  # fmt: skip
def test_one_mistake(text: str, told: str) -> None:
    (found,) = problems(text)
    assert found.startswith(told)


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "a b", "x" * 65, "ä", "x\\n"])
def test_names_that_are_no_plain_folder_are_refused(name: str) -> None:
    (found,) = problems(minimal().replace("name: mine", f'name: "{name}"'))
    assert found.startswith("name: String should match pattern")


def test_labels_that_yaml_reads_as_something_else_show_what_was_found() -> None:
    (found,) = {p for p in problems(minimal().replace("[cat, dog]", "[cat, no]")) if "list" in p}
    assert "found: False" in found


def test_an_unreadable_recipe(tmp_path: Path) -> None:
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("name: Käfer\n".encode("latin-1"))
    for source, told in (
        (latin, "'utf-8' codec can't decode byte"),
        (tmp_path, "Is a directory"),
        ("minature", "did you mean 'miniature'? shipped: "),
    ):
        with pytest.raises(RecipeError, match="neither a readable file") as caught:
            load_recipe(source)
        assert told in str(caught.value)


@pytest.mark.parametrize("name", [name for name in shipped_recipes() if "/" not in name])
def test_every_shipped_recipe_loads(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for weights in re.findall(r"encoder: [\w-]+:(\S+)", recipe_text(name)):  # which its user downloads
        with pytest.raises(RecipeError, match=f"there is no file '{weights}'"):
            load_recipe(name)
        Path(weights).parent.mkdir(exist_ok=True)
        Path(weights).touch()
    recipe = load_recipe(name, tmp_path)
    assert (recipe.name, recipe.workspace) == (name, tmp_path)
    assert all(labels_of(recipe).values())
    assert recipe_text(name).startswith("# ")


def test_paths_start_from_the_recipe_s_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "names.txt").write_text("wrong\nfile\n")
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv("HOME", "/home/me")
    folder = tmp_path / "recipes"
    folder.mkdir()
    (folder / "names.txt").write_text("cat\ndog\n")
    (folder / "r.yaml").write_text(
        "name: mine\nworkspace: ../work\nmodalities:\n"
        "  image: {labels: names.txt, encoder: miniature-clip, data: {layout: folder, root: pictures}}\n"
        "  audio: {labels: [a, b], encoder: miniature-clap, data: {layout: table, file: ~/sounds.csv}}\n"
        "  video: {labels: [a, b], encoder: miniature-viclip, data: {layout: coco, root: /v, annotations: a.json}}\n"
        "evaluate: {ensemble: {image: scores.csv}}\n"
    )
    recipe = load_recipe("../recipes/r.yaml")
    assert labels_of(recipe)["image"] == ["cat", "dog"]
    found = {
        name: config.data.model_dump(exclude={"hold_out"}) for name, config in recipe.modalities.items() if config.data
    }
    assert found == {
        "image": {"layout": "folder", "root": folder / "pictures"},
        "audio": {"layout": "table", "file": Path("/home/me/sounds.csv")},
        "video": {"layout": "coco", "root": Path("/v"), "annotations": folder / "a.json"},
    }
    assert recipe.workspace.resolve() == tmp_path / "work"
    assert recipe.evaluate.ensemble == {"image": folder / "scores.csv"}
    (folder / "names.txt").unlink()  # the file of the same name in the current folder is not meant
    with pytest.raises(RecipeError, match=r"recipes/names\.txt does not exist"):
        load_recipe("../recipes/r.yaml")


def test_a_workspace_given_by_hand_wins(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(minimal("workspace: mine\n"))
    assert load_recipe(tmp_path / "r.yaml").workspace == tmp_path / "mine"
    assert load_recipe(tmp_path / "r.yaml", Path("other")).workspace == Path("other")


def test_a_file_named_like_a_shipped_recipe_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_recipe("miniature").modalities.keys() == {"video", "image", "audio"}
    Path("miniature").write_text(minimal())
    assert load_recipe("miniature").name == "mine"


PRESETS = {
    # METHODS 1b, column by column: (paper, code, default)
    "init": ("normal", "ones", "normal"),
    "normalise_prompts": (False, True, True),
    "logit_scale": (1.0, 4.0, 4.0),
    "margin": (1.0, 1.0, 1.0),
    "inter_scale": (4.6052, 4.6052, 4.6052),
    "inter_rows": ("matching", "all-strong", "matching"),
    "inter_reduction": ("mean", "sum", "sum"),
    "inter_factor": (1.0, 0.5, 0.5),
    "lambda_intra": (1.0, 1.0, 1.0),
    "lambda_inter": (1.0, 1.0, 1.0),
    "schedule": ("cosine", "oscillating", "cosine"),
    "epochs": (10, 10, 10),
    "batch_size": (768, 768, 768),
}


@pytest.mark.parametrize(("preset", "column"), [("paper", 0), ("code", 1), ("recommended", 2)])
def test_presets_are_those_of_the_table(preset: str, column: int) -> None:
    config = TaamCptConfig.model_validate({"preset": preset}).model_dump()
    assert {name: config[name] for name in PRESETS} == {name: values[column] for name, values in PRESETS.items()}
    assert config["lr"] == {"video": 5e-4, "image": 5e-2, "audio": 5e-2, "text": 5e-2}


def test_what_is_written_out_wins_over_the_preset() -> None:
    recipe = parse_recipe(
        minimal("seed: 7\ntrain: {preset: code, init: text, logit_scale: 9, lr: {image: 0.3}}\n"),
        where="r",
        base=Path(),
    )
    assert (recipe.train.init, recipe.train.logit_scale, recipe.train.inter_rows) == ("text", 9.0, "all-strong")
    assert recipe.train.lr.model_dump() == {"video": 5e-4, "image": 0.3, "audio": 5e-2, "text": 5e-2}
    assert parse_recipe(minimal(), where="r", base=Path()).train == TaamCptConfig.model_validate(
        {"preset": "recommended"}
    )
    assert parse_recipe(minimal(), where="r", base=Path()).seed == 202
