"""The program as people meet it: help, exit codes, errors, tables, JSON, pipes and terminals."""

import csv
import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
import yaml
from typer.main import get_command

from pipeline.cli.app import app
from pipeline.labels import load_labels
from pipeline.tasks.load import load_recipe
from pipeline.tasks.sentences.bound import BoundSentences

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "../shared/media/imagenet-samples"
HEAVY = ("torch", "prefect", "vllm", "transformers", "numpy", "pyarrow", "yaml")  # typer itself brings pydantic in

Run = Callable[..., tuple[int, str, str]]


def commands(group: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in getattr(group, "commands", {}).items():
        yield (*path, name), command
        yield from commands(command, (*path, name))


COMMANDS = dict(commands(get_command(app)))
LEAVES = [path for path, command in COMMANDS.items() if not hasattr(command, "commands")]


def program(*arguments: object, code: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """The program in a process of its own, its output in pipes."""
    script = f"import sys; from pipeline.cli.app import main; import atexit; {code or 'pass'}; main()"
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", script, *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, timeout=120, env={**os.environ, **environment},
    )  # fmt: skip


def test_the_commands_are_those_of_the_issue() -> None:
    top = (
        "demo run plan status retry generate-texts cache-features train evaluate report predict export compare refresh "
    )
    top += "reproduce few-shot recipes classes datasets encoders weights texts store miniature"
    assert [path[0] for path in COMMANDS if len(path) == 1] == top.split()
    assert [path[1] for path in LEAVES if path[0] == "datasets"] == ["ls", "show", "check"]
    batch = [("batch", name) for name in ("write", "submit", "collect", "cancel")]
    assert [path[1:] for path in LEAVES if path[0] == "texts"] == [("import",), ("export",), ("templates",), *batch]
    assert [path[1] for path in LEAVES if path[0] == "recipes"] == ["ls", "show", "new", "schema", "options"]
    assert [path[1] for path in LEAVES if path[0] == "store"] == ["ls", "show", "verify", "gc"]
    assert {"build", "write"} <= {path[1] for path in LEAVES if path[0] == "miniature"}


def test_help_lists_every_command(call: Run) -> None:
    for group in ((), ("recipes",), ("store",), ("miniature",)):
        code, out, _ = call(*group, "--help")
        assert code == 0
        for path in COMMANDS:
            if path[:-1] == group:
                assert re.search(rf"^  {path[-1]}  +\S", out, re.MULTILINE), path


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_every_command_shows_an_example(call: Run, path: tuple[str, ...]) -> None:
    code, out, _ = call(*path, "--help")
    assert code == 0 and "[[" not in out
    assert f"Example: mmpt-pipeline {' '.join(path)}" in " ".join(out.split())
    if len(path) == 1 and path[0] not in ("plan", "status", "export", "compare"):
        assert "--device" in out


def test_examples_use_options_that_exist() -> None:
    for path, command in COMMANDS.items():
        for example in re.findall(r"Example: mmpt-pipeline (.*)", command.help or ""):
            options = {word for word in example.split() if word.startswith("-")}
            known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
            assert options <= known, (path, options - known)


def test_help_brings_in_nothing_heavy() -> None:
    show = f"atexit.register(lambda: print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr))"
    for arguments in (["--help"], ["train", "--help"], ["recipes", "new", "--help"]):
        done = program(*arguments, code=show)
        assert (done.returncode, done.stderr) == (0, "[]\n")
        assert "Example: " in done.stdout or "Start with: mmpt-pipeline demo" in done.stdout
        assert "\x1b" not in done.stdout


def test_plan_needs_no_torch(open_context: Callable[..., BoundSentences], finished: Path, tmp_path: Path) -> None:
    open_context()
    show = (
        "atexit.register(lambda: print([m for m in ('torch', 'prefect', 'vllm', 'transformers') if m in sys.modules]))"
    )
    done = program("plan", tmp_path / "recipe.yaml", "-w", finished, code=show)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "[]"), done.stderr
    assert "scratch, 5 new columns of 5" in done.stdout and "\x1b" not in done.stdout


BAD = "name: ../x\nmodalities: {image: {labels: [a, b], encoder: miniature-clap}}\n"


@pytest.mark.parametrize("command", ["run", "plan", "generate-texts", "cache-features", "train", "evaluate", "report"])
def test_a_bad_recipe_leaves_with_2(call: Run, tmp_path: Path, command: str) -> None:
    (tmp_path / "r.yaml").write_text(BAD)
    code, out, err = call(command, tmp_path / "r.yaml")
    assert (code, out) == (2, "")
    first, *mistakes = err.splitlines()
    assert first == f"error: {tmp_path}/r.yaml: 2 mistakes"
    assert mistakes[0].startswith("  - name: String should match pattern")
    assert mistakes[1] == "  - modalities.image.encoder: 'miniature-clap' encodes audio, not image (line 2)"


def test_other_mistakes_leave_with_2_too(call: Run, tmp_path: Path) -> None:
    for arguments, told in (
        (["plan", "minature"], "did you mean 'miniature'?"),
        (
            ["predict", "nothing", "a.png", "-w", tmp_path],
            f"there is no run 'nothing' in workspace {tmp_path}. Runs there: none",
        ),
        (["recipes", "show", "minature"], "error: recipe minature: 1 mistake"),
        (["recipes", "new"], "give one of --images, --sounds, --videos with a folder; found 0"),
        (["store", "show", "abc", "-w", tmp_path], "no artifact in"),
        (["plan", "miniature", "-w", "nosuch://bucket"], "Use a folder, or a URL that fsspec can open"),
        (["trian"], "No such command 'trian'"),
        (["plan", "--nothing"], "No such option: --nothing"),
        (["predict"], "Missing argument 'run'"),
    ):
        code, out, err = call(*arguments)
        assert (code, out) == (2, ""), arguments
        assert told in " ".join(err.split()), (arguments, err)
        assert "Traceback" not in err


@pytest.mark.parametrize("command", ["run", "generate-texts", "cache-features", "train", "evaluate", "report", "demo"])
def test_an_unknown_device(call: Run, tmp_path: Path, command: str) -> None:
    recipe = [] if command == "demo" else ["miniature"]
    code, _, err = call(command, *recipe, "-w", tmp_path / "w", "--device", "tpu")
    assert (code, err) == (2, "error: --device 'tpu' is unknown; allowed are auto, cpu, cuda, cuda:0, cuda:1, …\n")
    assert not (tmp_path / "w").exists()


class TestFinished:
    """Commands on a recipe that has run: nothing is left to do, so all of them are quick."""

    @pytest.fixture(autouse=True)
    def _recipe(
        self, open_context: Callable[..., BoundSentences], finished: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        open_context()
        monkeypatch.setenv("MMPT_WORKSPACE", str(finished))
        monkeypatch.chdir(finished.parent)  # recipe.yaml of the current folder is the default

    def test_json_of_every_stage(self, call: Run, finished: Path) -> None:
        found = {}
        for command in ("plan", "generate-texts", "cache-features", "train", "evaluate", "run"):
            code, out, _ = call(command, "--json", *([] if command == "plan" else ["--device", "cpu"]))
            assert code == 0
            found[command] = json.loads(out)
        assert {(step["stage"], step["missing"]) for step in found["plan"]} == {
            (stage, 0) for stage in ("generate-texts", "cache-features", "train", "evaluate")
        }
        assert found["generate-texts"]["audio"]["queries"] == 0
        assert found["generate-texts"]["audio"]["classes"]["bark"]["wanted"] == 6
        assert found["cache-features"]["media/image"]["wanted"] == 10
        assert found["cache-features"]["media/image"]["encoded"] == 0
        assert (found["train"]["epochs"], found["train"]["mode"]) == (0, "scratch")
        assert [column["label"] for column in found["train"]["added"]] == ["cat", "dog", "sun", "bark", "rain"]
        assert found["run"]["result"] == found["evaluate"]
        assert Path(found["run"]["report"]).resolve() == finished / "runs/small/report.html"
        assert [m["modality"] for m in found["evaluate"]["modalities"]] == ["image", "audio"]

    def test_tables_of_every_stage(self, call: Run, finished: Path) -> None:
        for command, words in {
            "plan": ["Plan", "cache-features", "image media", "1 rejected"],
            "generate-texts": ["image sentences", "all 3 classes have their quota"],
            "cache-features": ["Features", "texts/audio", "media/image"],
            "train": ["Training", "scratch"],
            "evaluate": ["zero-shot (template ensemble)", "TaAM-CPT", "image: 9 files, 3 classes"],
            "run": ["TaAM-CPT", f"Report: {finished}/runs/small/report.html"],
        }.items():
            code, out, _ = call(command)
            assert code == 0
            assert all(word in out for word in words), (command, out)
            assert "\x1b" not in out
        assert "sun" not in call("evaluate")[1]
        assert "sun" in call("evaluate", "--per-class")[1]
        code, out, _ = call("report")
        assert Path(out.strip()).resolve() == finished / "runs/small/report.html"

    def test_predict(self, call: Run, media: Path, tmp_path: Path) -> None:
        picture, sound = media / "image/dog/0.png", media / "audio/rain/0.wav"
        code, out, _ = call("predict", "small", picture, sound, "--json", "--device", "cpu", "--top", 2)
        assert code == 0
        found = json.loads(out)
        assert [(row["path"], row["modality"], row["error"]) for row in found] == [
            (str(picture), "image", None),
            (str(sound), "audio", None),
        ]
        for row, classes in zip(found, ({"cat", "dog", "sun"}, {"bark", "rain"}), strict=True):
            assert {guess["label"] for guess in row["predictions"]} <= classes and len(row["predictions"]) == 2
            assert 0 < sum(guess["probability"] for guess in row["predictions"]) <= 1.0001
        (tmp_path / "notes.txt").write_text("no picture")
        code, out, _ = call("predict", "small", picture, "notes.txt", media / "image/cat/cut.png")
        assert code == 1
        assert "notes.txt" in out and "dog" in out and "text file; this run knows" in out and "\x1b" not in out

    def test_predict_reads_lists_and_standard_input_and_prints_csv(
        self, call: Run, media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pictures = sorted((media / "image/dog").glob("*.png"))[:2]
        whole = json.loads(call("predict", "small", *pictures, "--json", "--device", "cpu")[1])
        listed = tmp_path / "list.txt"
        listed.write_text(f"{pictures[0]}\n\n  {pictures[1]}\n")
        assert json.loads(call("predict", "small", "--list", listed, "--json")[1]) == whole
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(f"{pictures[1]}\n".encode())))
        both = json.loads(call("predict", "small", pictures[0], "--list", "-", "--json")[1])
        assert both == whole
        code, out, _ = call("predict", "small", *pictures, "nowhere.png", "--csv", "--top", 2)
        rows = list(csv.DictReader(io.StringIO(out)))
        assert code == 1 and [row["path"] for row in rows] == [*map(str, pictures), "nowhere.png"]
        assert list(rows[0]) == ["path", "modality", "label", "probability", "label_2", "probability_2", "error"]
        for row, answer in zip(rows, whole, strict=False):
            best, second = answer["predictions"][:2]
            assert (row["label"], row["label_2"]) == (best["label"], second["label"])
            assert float(row["probability"]) == pytest.approx(best["probability"], abs=1e-6)
        assert (rows[2]["label"], rows[2]["error"]) == ("", "no such file")

    def test_predict_names_no_class_below_the_threshold(self, call: Run, media: Path) -> None:
        picture = media / "image/dog/0.png"
        (whole,) = json.loads(call("predict", "small", picture, "--json")[1])
        shares = [guess["probability"] for guess in whole["predictions"]]
        for threshold in (shares[0], (shares[0] + shares[1]) / 2, 1.0):
            (row,) = json.loads(call("predict", "small", picture, "--json", "--threshold", threshold)[1])
            assert [guess["probability"] for guess in row["predictions"]] == [s for s in shares if s >= threshold]
            assert row["error"] is None
        code, out, _ = call("predict", "small", picture, "--threshold", 1.0)
        assert (code, "none of these" in out) == (0, shares[0] < 1)

    def test_predict_tells_what_it_cannot_use(self, call: Run, media: Path, tmp_path: Path) -> None:
        (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
        for arguments, told in (
            ([], "nothing to judge. Name files or folders, or give --list FILE, or --texts FILE"),
            (["a.png", "--json", "--csv"], "Give one of them"),
            (["--list", "-", "--texts", "-"], "Let one of them read a file"),
            (["--list", tmp_path / "gone"], "cannot be read: No such file or directory"),
            (["--list", tmp_path], "cannot be read"),
            (["--list", tmp_path / "bytes"], "is no text: it is not UTF-8"),
        ):
            code, out, err = call("predict", "small", *arguments)
            assert (code, out) == (2, ""), arguments
            assert told in " ".join(err.replace("│", " ").split()), (arguments, err)
        (tmp_path / "texts").write_text("a dog barks\n")
        code, out, _ = call("predict", "small", "--texts", tmp_path / "texts", "--json")
        assert (code, json.loads(out)[0]["error"]) == (1, "a text; this run knows image, audio only")

    def test_predict_by_folder_from_anywhere(
        self, call: Run, media: Path, finished: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("MMPT_WORKSPACE")
        by_name = call("predict", "small", media / "image/dog/0.png", "--json", "-w", finished)
        for folder, run in (
            (finished / "runs", "small"),
            (finished / "runs/small", "run.json"),
            (finished, "runs/small"),
        ):
            monkeypatch.chdir(folder)
            assert call("predict", run, media / "image/dog/0.png", "--json") == by_name

    def test_predict_on_an_unknown_device(self, call: Run, media: Path) -> None:
        code, _, err = call("predict", "small", media / "image/dog/0.png", "--device", "cuba")
        assert (code, err.split(";")[0]) == (2, "error: --device 'cuba' is unknown")

    def test_in_a_terminal_without_colours(self, finished: Path) -> None:
        script = "from pipeline.cli.app import main; main()"
        environment = {**os.environ, "NO_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": "160"}
        leader, follower = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-c", script, "plan", str(finished.parent / "recipe.yaml"), "-w", str(finished)],
            cwd=ROOT, stdout=follower, stderr=follower, stdin=follower, env=environment,
        )  # fmt: skip
        os.close(follower)
        shown = b""
        while True:
            try:
                part = os.read(leader, 65536)
            except OSError:  # the other end is closed
                break
            shown += part
        os.close(leader)
        assert process.wait(60) == 0
        assert b"cache-features" in shown
        assert re.findall(rb"\x1b\[[0-9;]*(?:3[0-9]|9[0-7]|38)[0-9;]*m", shown) == []


def test_ctrl_c_says_that_nothing_is_lost(
    open_context: Callable[..., BoundSentences], finished: Path, tmp_path: Path
) -> None:
    open_context(train={"epochs": 10**6})
    command = [
        sys.executable,
        "-c",
        "from pipeline.cli.app import main; main()",
        "train",
        str(tmp_path / "recipe.yaml"),
    ]
    before = len(list((finished / "checkpoints").iterdir()))
    process = subprocess.Popen(
        [*command, "-w", str(finished), "-d", "cpu"],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    while process.poll() is None and len(list((finished / "checkpoints").glob("*/manifest.json"))) == before:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-1] == "interrupted; what was published is safe, run the same command again to go on"
    assert "Traceback" not in err


class TestRecipes:
    def test_ls_and_show(self, call: Run) -> None:
        rows = json.loads(call("recipes", "ls", "--json")[1])
        assert "miniature" in [row["name"] for row in rows] and all(row["about"] for row in rows)
        assert all(row["name"] in call("recipes", "ls")[1] for row in rows)
        for row in rows:
            code, out, _ = call("recipes", "show", row["name"])
            # Runs of all kinds lie side by side in a workspace.
            own = row["name"].rpartition("/")[2]
            also = {
                "few-shot/miniature": "miniature-few-shot", "mov/miniature": "miniature-mov",
                "mov/miniature-small": "miniature-mov-small",
            }  # fmt: skip
            run = also.get(row["name"], own)
            assert code == 0 and yaml.safe_load(out)["name"] == run

    def test_new_writes_what_loads_and_refuses_to_overwrite(self, call: Run, media: Path, tmp_path: Path) -> None:
        out = tmp_path / "r.yaml"
        arguments = ["recipes", "new", "--images", media / "image", "--encoder", "miniature-clip", "-o", out]
        names = tmp_path / "r-labels.txt"
        assert call(*arguments) == (0, f"Wrote {out} and {names}. Run it with: mmpt-pipeline run {out}\n", "")
        recipe = load_recipe(out)
        assert (recipe.name, recipe.modalities["image"].labels) == ("image", str(names))
        assert names.read_text() == "cat\ndog\nsun\n"
        text = out.read_text()
        code, _, err = call(*arguments)
        assert code == 2 and "is there already; give --force to replace it, or another --out" in err
        assert out.read_text() == text
        assert call(*arguments, "--force", "--name", "mine")[0] == 0
        assert load_recipe(out).name == "mine"
        assert call("recipes", "new", "--sounds", media / "audio", "-o", out, "--force")[0] == 0
        assert load_recipe(out).modalities["audio"].encoder == "miniature-clap"

    @pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder of real pictures, ../shared/media, is not here")
    def test_a_flat_folder_of_real_pictures_runs(self, call: Run, media: Path, tmp_path: Path) -> None:
        out = tmp_path / "r.yaml"
        assert call("recipes", "new", "--images", SAMPLES, "--encoder", "miniature-clip", "-o", out)[0] == 0
        recipe = load_recipe(out)
        assert recipe.name == "imagenet-samples"
        labels = load_labels(recipe.modalities["image"].labels)
        assert len(labels) == 20 and {"stingray", "curly-coated retriever", "Windsor tie"} <= set(labels)
        text = out.read_text().replace("engine: transformers", "engine: deterministic")
        out.write_text(
            text.replace("sentences_per_class: 40", "sentences_per_class: 4").replace("epochs: 40", "epochs: 2")
        )
        code, printed, err = call("run", out, "-w", tmp_path / "w", "-d", "cpu", "--json")
        assert code == 0, err
        (result,) = json.loads(printed)["result"]["modalities"]
        assert (result["rows"], result["support"], result["unlabelled"]) == (20, [1] * 20, 0)
        sample = next(SAMPLES.glob("*sock*"))
        code, printed, _ = call("predict", "imagenet-samples", sample, "-w", tmp_path / "w", "--json")
        assert code == 0 and len(json.loads(printed)[0]["predictions"]) == 5


def test_what_may_not_be_read_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from pipeline.cli import app

    def refused() -> None:
        raise PermissionError(13, "Permission denied", "workspace/texts/manifest.json")

    monkeypatch.setattr(app, "app", refused)
    with pytest.raises(SystemExit) as stop:
        app.main()
    told = capsys.readouterr().err
    assert stop.value.code == 2
    assert told.startswith(
        "error: workspace/texts/manifest.json may not be used by this user (Permission denied). Let this"
    )


def test_the_module_is_the_program_too() -> None:
    done = subprocess.run([sys.executable, "-m", "pipeline.cli.app", "plan", "no-such"], capture_output=True, text=True)
    assert done.returncode == 2 and "no-such" in done.stderr
