"""`mmpt-pipeline datasets`: what there is, how it lies, whether it is whole."""

import json
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import yaml
from layouts import write_layout
from PIL import Image
from pydantic import TypeAdapter

from pipeline.cli import app as program
from pipeline.datasets.registry import ALL, AUDIO_VISUAL, CLIPS, LAYOUTS, MASK_CLIPS, PUBLISHED, QUESTIONED
from pipeline.labels import load_labels, shipped_label_sets
from pipeline.miniature.world.events_files import write_events
from pipeline.miniature.world.masks_files import write_masks
from pipeline.miniature.world.questions_files import write_questions
from pipeline.recipe.av_data import AvData
from pipeline.recipe.mask_data import MaskData
from pipeline.recipe.question_data import QuestionData
from pipeline.tasks.load import parse_recipe

Call = Callable[..., tuple[int, str, str]]
ENCODERS = {"image": "miniature-clip", "audio": "miniature-clap", "video": "miniature-viclip"}


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run the program; returns its exit code, standard output and standard error."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["mmpt-pipeline", *map(str, arguments)])
        try:
            program.main()
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_ls(call: Call) -> None:
    code, out, _ = call("datasets", "ls", "--json")
    found = json.loads(out)
    assert code == 0 and [one["name"] for one in found] == list(ALL)
    for one in found:
        assert one["label_set"] is None or one["label_set"] in shipped_label_sets()
        assert one["tree"] and (one["name"] not in PUBLISHED or one["download"] and one["disk"] and one["paper"])
    code, out, _ = call("datasets", "ls")
    assert code == 0 and all(name in out for name in ALL)


@pytest.mark.parametrize("name", LAYOUTS)
def test_show_and_the_recipe_it_gives(call: Call, name: str, tmp_path: Path) -> None:
    code, out, _ = call("datasets", "show", name)
    layout = LAYOUTS[name]
    assert code == 0 and out.startswith(f"{layout.title}\n\n{layout.tree}\n")
    (snippet,) = [line.split("recipe:", 1)[1] for line in out.splitlines() if line.startswith("recipe:")]
    modality = layout.modality or "image"
    entry = {"labels": layout.label_set or ["cat"], "encoder": ENCODERS[modality], **yaml.safe_load(snippet)}
    recipe = parse_recipe(yaml.safe_dump({"name": "x", "modalities": {modality: entry}}), where="here", base=tmp_path)
    data = recipe.modalities[modality].data
    assert data is not None and data.layout == name
    assert all(path.is_relative_to(tmp_path) for path in vars(data).values() if isinstance(path, Path))
    assert json.loads(call("datasets", "show", name, "--json")[1])["recipe"] == snippet.strip()


def test_check(call: Call, tmp_path: Path) -> None:
    root = tmp_path / "esc"
    paths = write_layout("esc50", root, [("dog",), ("rain",), ("dog",), ("aeroplane",), ("bagpipes",)])
    paths[2].unlink()
    code, out, _ = call("datasets", "check", "esc50", "--root", root, "--json")
    found = json.loads(out)
    classes = found.pop("classes")
    assert code == 0
    assert found == {
        "layout": "esc50",
        "found": 3,
        "missing": 1,
        "expected": 2000,
        "unlabelled": 0,
        "unknown": [["bagpipes", 1]],
        "missing_files": [str(paths[2])],
        "problems": [],
    }
    assert [one["label"] for one in classes] == load_labels("esc50")
    assert {one["label"]: (one["found"], one["missing"]) for one in classes if one["found"] + one["missing"]} == {
        "dog": (1, 1), "rain": (1, 0), "aeroplane": (1, 0)
    }  # fmt: skip
    code, out, _ = call("datasets", "check", "esc50", "--root", root)
    assert code == 0
    assert "3 files found of 2,000 in the whole data set, 1 missing, 0 unlabelled\n" in out
    assert f"Missing files:\n  {paths[2]}\n" in out
    assert "Names that are no class of the label set:\n  bagpipes: 1 files\n" in out
    assert "Classes without a file:\n  crow, can opening" in out


def test_check_of_a_multi_label_set_and_its_options(call: Call, tmp_path: Path) -> None:
    write_layout("voc2007", tmp_path, [("cat", "dog"), (), ("person",)])
    path = tmp_path / "VOC2007/ImageSets/Main/sofa_test.txt"
    path.write_text(path.read_text().replace("000001 -1", "000001  0"))
    counts = {}
    for options in ([], ["--option", "difficult=positive"]):
        found = json.loads(call("datasets", "check", "voc2007", "--root", tmp_path, *options, "--json")[1])
        counts[len(options)] = (found["found"], found["expected"], found["unlabelled"])
        classes = {one["label"]: one["found"] for one in found["classes"]}
        assert classes["cat"] == classes["dog"] == classes["person"] == 1 and classes["sofa"] == len(options) // 2
    assert counts == {0: (3, 4952, 1), 2: (3, None, 0)}


def test_check_of_own_data(call: Call, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("path,labels\na.png,cat\ngone.png,cat;dog\n")
    (tmp_path / "a.png").touch()
    (tmp_path / "names.txt").write_text("cat\n")
    options = ["--option", f"file={tmp_path / 't.csv'}", "--modality", "image", "--labels", tmp_path / "names.txt"]
    code, out, _ = call("datasets", "check", "table", *options, "--json")
    assert code == 0
    assert json.loads(out)["classes"] == [{"label": "cat", "found": 1, "missing": 1}]
    assert json.loads(out)["unknown"] == [["dog", 1]] and json.loads(out)["expected"] is None


def test_every_missing_file_is_listed(call: Call, tmp_path: Path) -> None:
    paths = write_layout("urbansound8k", tmp_path, [("siren",)] * 14)
    for path in paths[1:]:
        path.unlink()
    shown = call("datasets", "check", "urbansound8k", "--root", tmp_path)[1]
    assert "1 files found of 8,732 in the whole data set, 13 missing" in shown
    assert all((str(path) in shown) == (number <= 10) for number, path in enumerate(paths) if number)
    assert "  … 3 more (--json has all)\n" in shown
    found = json.loads(call("datasets", "check", "urbansound8k", "--root", tmp_path, "--json")[1])
    assert found["missing"] == 13 and found["missing_files"] == [str(path) for path in paths[1:]]


def test_nothing_found_is_status_1(call: Call, tmp_path: Path) -> None:
    (path,) = write_layout("urbansound8k", tmp_path, [("siren",)])
    path.unlink()
    code, out, _ = call("datasets", "check", "urbansound8k", "--root", tmp_path)
    assert code == 1 and "0 files found of 8,732 in the whole data set, 1 missing" in out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["show", "us8k"],
            "error: there is no data set 'us8k'. Did you mean 'urbansound8k'? Known: ucf101, hmdb51",
        ),
        (["show", "kinetics40"], "Did you mean 'kinetics400'?"),
        (["show", "xyzzy"], "error: there is no data set 'xyzzy'. Known: ucf101"),
        (
            ["check", "ucf101"],
            "error: data: layout 'ucf101' cannot be used so:\n  - root: Field required\nIts options: root, s",
        ),
        (["check", "ucf101", "--root", ".", "--split", "x"], "  - split: Input should be 'all', 'train01'"),
        (
            ["check", "esc50", "--root", ".", "-o", "fold=1"],
            "  - fold: Extra inputs are not permitted\nIts options: root, fol",
        ),
        (
            ["check", "esc50", "--root", ".", "-o", "hold_out=0.2"],
            "  - hold_out: says what is done with the files, not which they are\nIts options: root, folds",
        ),
        (
            ["check", "esc50", "--root", ".", "-o", "folds"],
            "--option folds: expected KEY=VALUE, for example --option diff",
        ),
        (["check", "esc50", "--root", ".", "-o", "folds=[1"], "--option folds=[1: the value is no YAML: while parsing"),
        (
            ["check", "folder", "--root", "."],
            "--labels is missing: this layout has none of its own. Give a shipped label set",
        ),
        (
            ["check", "folder", "--root", ".", "--labels", "voc"],
            "--modality is missing: this layout has none of its own. Gi",
        ),
        (["check", "esc50", "--root", "nowhere"], "error: data: there is no folder nowhere.\nExpected:\n  ROOT/ "),
    ],
)
def test_mistakes(call: Call, arguments: list[str], told: str) -> None:
    code, out, err = call("datasets", *arguments)
    assert (code, out) == (2, "") and told in err, err


@pytest.mark.parametrize("command", ["ls", "show", "check"])
def test_help_has_an_example(call: Call, command: str) -> None:
    code, out, _ = call("datasets", command, "--help")
    assert code == 0 and f"Example: mmpt-pipeline datasets {command}" in " ".join(out.split())


def test_the_document_shows_every_layout() -> None:
    text = (Path(__file__).parents[2] / "docs/datasets.md").read_text("utf-8")
    told = " ".join(text.split())  # sentences are broken over lines
    for layout in ALL.values():
        assert f"| `{layout.name}` | {layout.title} |" in text
        assert f"```\n{layout.tree}\n```" in text and layout.download in told and layout.paper in told
        assert all(f"`{option}: " in told for option in layout.options()), layout.name


@pytest.mark.parametrize("name", AUDIO_VISUAL)
def test_show_of_clips_and_the_data_that_it_names(call: Call, name: str) -> None:
    code, out, _ = call("datasets", "show", name)
    layout = AUDIO_VISUAL[name]
    assert (
        code == 0
        and out.startswith(f"{layout.title}\n\n{layout.tree}\n")
        and "modality:  video with its sound\n" in out
    )
    (snippet,) = [line.split("recipe:", 1)[1] for line in out.splitlines() if line.startswith("recipe:")]
    kind: object = AvData if name in CLIPS else MaskData if name in MASK_CLIPS else QuestionData
    assert TypeAdapter(kind).validate_python(yaml.safe_load(snippet)["data"]).layout == name  # type: ignore[attr-defined]
    assert set(MASK_CLIPS) == {"avsbench-s4", "avsbench-ms3", "masks"}
    assert set(QUESTIONED) == {"music-avqa", "questions"} == AUDIO_VISUAL.keys() - CLIPS.keys() - MASK_CLIPS.keys()


def test_check_of_clips_with_masks(call: Call, tmp_path: Path) -> None:
    root = write_masks(tmp_path / "s4", 1, {"train": 4, "val": 2, "test": 2}, "s4") / "Single-source/s4_data"
    category = next((root / "gt_masks/test").iterdir()).name
    (root / f"gt_masks/test/{category}/test000000/test000000_2.png").unlink()
    next((root / "audio_wav/val").glob("*/val000001.wav")).write_bytes(b"")
    (root / "visual_frames/train/else/more").mkdir(parents=True)
    options = ("--root", tmp_path / "s4", "-w", tmp_path / "workspace")
    code, out, _ = call("datasets", "check", "avsbench-s4", *options)
    assert code == 0 and "train: 4 of 4 rows can be used, 4 of their 20 seconds have a mask\n" in out
    assert "test: 1 of 2 rows can be used, 5 of their 5 seconds have a mask\n" in out
    place = root / f"visual_frames/test/{category}/test000000"
    assert f"row 6 (test), {place}: mask test000000_2.png: No such file or directory\n" in out
    assert "Files that no row names:\n  train/else/more\n" in out
    found = json.loads(call("datasets", "check", "avsbench-s4", *options, "--json")[1])
    assert found["splits"]["test"] == {"found": 1, "listed": 2, "masks": 5}
    assert [one["reason"] for one in found["rejected"]] == [
        "val000001.wav: empty file", "mask test000000_2.png: No such file or directory"
    ]  # fmt: skip
    assert sum(one["found"] for one in found["counts"]) == 6 and "test: 1 of 2 rows can be used" in found["notes"]


def test_check_of_own_masks(call: Call, tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    (tmp_path / "masks/a").mkdir(parents=True)
    Image.fromarray(np.zeros((4, 4), dtype=np.uint8)).save(tmp_path / "masks/a/1.png")
    options = ("--root", tmp_path / "clips", "--option", f"masks={tmp_path / 'masks'}", "-w", tmp_path / "workspace")
    code, out, _ = call("datasets", "check", "masks", *options)
    assert code == 1 and f"{tmp_path / 'clips/a.mp4'}: no such file\n" in out
    code, _, err = call("datasets", "check", "masks", "--root", tmp_path / "clips")
    assert code == 2 and "masks: Field required" in err


def test_check_of_questions(call: Call, tmp_path: Path) -> None:
    root = write_questions(tmp_path / "avqa", 1, {"train": 12, "val": 12, "test": 12})
    (root / "video/test000003.mp4").unlink()
    (root / "video/else.mp4").touch()
    (root / "json/avqa-val.json").write_text((root / "json/avqa-val.json").read_text().replace('"two"', '"many"'))
    lists = {split: json.loads((root / f"json/avqa-{split}.json").read_text()) for split in ("train", "val", "test")}
    gone = [row for row, entry in enumerate(lists["test"]) if entry["video_id"] == "test000003"]
    options = ("--root", root, "-w", tmp_path / "workspace")
    code, out, _ = call("datasets", "check", "music-avqa", *options)
    count = {split: len(rows) for split, rows in lists.items()}
    assert code == 0 and out.startswith("MUSIC-AVQA, questions about music in videos (json)")
    assert f"train: {count['train']} of {count['train']} questions can be used, about 12 videos\n" in out
    assert f"test: {count['test'] - len(gone)} of {count['test']} questions can be used, about 11 videos\n" in out
    assert (
        f"Questions that cannot be used:\n  row {gone[0]} (test), {root / 'video/test000003.mp4'}: no such file\n"
        in out
    )
    assert "13 answers, 28 words, 7 in the longest question\n" in out
    assert "Right answers that train never has:\n  many (val): 4 questions\n" in out
    assert "Files that no row names:\n  else.mp4\n" in out
    found = json.loads(call("datasets", "check", "music-avqa", *options, "--json")[1])
    assert found["splits"]["test"] == {"found": count["test"] - len(gone), "listed": count["test"], "videos": 11}
    assert found["unsaid"] == [{"split": "val", "answer": "many", "questions": 4}] and found["words"] == 28
    assert [one["row"] for one in found["rejected"]] == gone
    code, _, err = call("datasets", "check", "music-avqa", *options, "-o", "version=json_update")
    assert code == 2 and "it lacks json_update/avqa-train.json" in err


def test_check_of_own_questions(call: Call, tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    (tmp_path / "qa.csv").write_text("file,question,answer,split\na.mp4,Who?,me,train\n")
    options = ("--root", tmp_path / "clips", "-o", f"questions={tmp_path / 'qa.csv'}", "-w", tmp_path / "workspace")
    code, out, _ = call("datasets", "check", "questions", *options)
    assert code == 1 and f"row 0 (train), {tmp_path / 'clips/a.mp4'}: no such file\n" in out
    assert "train: 0 of 1 questions can be used\n" in out


def test_check_of_clips(call: Call, tmp_path: Path) -> None:
    write_events(tmp_path / "ave", 1, {"train": 8, "val": 2, "test": 2})
    (tmp_path / "ave/AVE/val000001.mp4").unlink()
    (tmp_path / "ave/AVE/test000000.mp4").write_bytes(b"")
    (tmp_path / "ave/AVE/else.mp4").touch()
    options = ("--root", tmp_path / "ave", "-w", tmp_path / "workspace")
    code, out, _ = call("datasets", "check", "ave", *options)
    assert code == 0 and "train: 8 of 8 rows can be used, " in out and "test: 1 of 2 rows can be used, " in out
    assert f"row 9 (val), {tmp_path / 'ave/AVE/val000001.mp4'}: no such file\n" in out
    assert f"row 10 (test), {tmp_path / 'ave/AVE/test000000.mp4'}: empty file\n" in out
    assert "Files that no row names:\n  else.mp4\n" in out
    found = json.loads(call("datasets", "check", "ave", *options, "--json")[1])
    assert found["splits"] == {
        "train": {"found": 8, "listed": 8}, "val": {"found": 1, "listed": 2}, "test": {"found": 1, "listed": 2}
    }  # fmt: skip
    assert [one["reason"] for one in found["rejected"]] == ["no such file", "empty file"]
    labels = h5py.File(tmp_path / "ave/labels.h5")["avadataset"][()].argmax(axis=2)
    assert found["background"]["train"] == pytest.approx((labels[:8] == 8).mean())
    counts = {(one["split"], one["label"]): (one["found"], one["listed"]) for one in found["counts"]}
    assert counts["train", "circle with bell"] == ((labels[:8] == 0).any(axis=1).sum(),) * 2
    for path in (tmp_path / "ave/AVE").iterdir():
        path.unlink()
    assert call("datasets", "check", "ave", *options)[0] == 1
    code, _, err = call("datasets", "check", "ave", *options, "--split", "test")
    assert code == 2 and "split: Extra inputs are not permitted" in err
