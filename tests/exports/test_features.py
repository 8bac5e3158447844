"""`export --to features`: what encoders made of files and sentences, as files that are read without this package."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import load_file

from pipeline.exports.errors import ExportError
from pipeline.exports.features import export_features
from pipeline.operations.of_run import open_run
from pipeline.tasks.sentences.bound import BoundSentences

Open = Callable[..., BoundSentences]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_form_holds_the_rows_of_the_store_in_the_order_of_the_table(finished: Path, tmp_path: Path) -> None:
    task, bound = open_run("small", finished)
    for form in ("npy", "parquet", "safetensors"):
        for written in export_features(task, bound, form, tmp_path / form, None):
            *arrays, table = written.paths
            rows = rows_of(table)
            assert [row["row"] for row in rows] == [str(i) for i in range(written.rows)] and rows
            found = {
                "npy": lambda path: np.load(path),
                "parquet": lambda path: np.stack(pq.read_table(path)["vectors"].to_pylist()).astype(np.float16),
                "safetensors": lambda path: load_file(path)["vectors"],
            }[form](arrays[0])
            need = next(each.need for each in task.inputs(bound) if each.name == written.name)
            stored = bound.store.artifact(need.spec(bound.recipe.cache)).arrays([row["key"] for row in rows])["vectors"]
            assert found.dtype == stored.dtype and (found == stored).all()
            if form == "parquet":
                assert pq.read_table(arrays[0])["key"].to_pylist() == [row["key"] for row in rows]


def test_the_table_names_files_with_their_labels_and_leaves_out_what_could_not_be_read(
    finished: Path, media: Path, tmp_path: Path
) -> None:
    task, bound = open_run("small", finished)
    (written,) = export_features(task, bound, "npy", tmp_path / "out", "media/image")
    rows = {row["of"]: row["labels"] for row in rows_of(written.paths[-1])}
    assert rows == {str(media / f"image/{label}/{i}.png"): label for label in ("cat", "dog", "sun") for i in range(3)}
    assert written.lacking == 1  # cut.png
    assert not list((tmp_path / "out").glob(".*"))


def test_what_cannot_be_written_is_told_with_what_can(finished: Path, open_context: Open, tmp_path: Path) -> None:
    task, bound = open_run("small", finished)
    with pytest.raises(ExportError, match="--form is 'hdf5'. Take one of npy, parquet, safetensors"):
        export_features(task, bound, "hdf5", tmp_path / "out", None)
    with pytest.raises(ExportError, match="--input is 'pictures'. This run has 'texts/image', 'media/image', "):
        export_features(task, bound, "npy", tmp_path / "out", "pictures")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "media-image.csv").mkdir()
    with pytest.raises(ExportError, match="media-image.csv cannot be written"):
        export_features(task, bound, "npy", tmp_path / "full", "media/image")
    assert [path.name for path in (tmp_path / "full").iterdir() if path.name.endswith(".part")] == []
    empty = open_context(workspace=tmp_path / "empty")
    with pytest.raises(ExportError, match="rows of 'texts/image' have no features yet"):
        export_features(task, empty, "npy", tmp_path / "out", "texts/image")


def test_a_place_that_cannot_be_is_told_as_such(
    call: Callable[..., tuple[int, str]], finished: Path, tmp_path: Path
) -> None:
    """Nothing about workspaces, or about going on from there: the place is one of an export."""
    (tmp_path / "file").write_text("")
    for words, told in (
        (("--to", "features", "-o", tmp_path / "file"), "file cannot be made"),
        (("--to", "features", "-o", tmp_path / "file/below"), "below cannot be made"),
        (("--to", "npz", "-o", tmp_path / "file/below"), "file cannot be made"),
        (("--to", "npz", "-o", tmp_path), "is a folder, and one file is written"),
        (("--to", "npz", "-o", "s3://bucket/x.npz"), "is a URL. Give a place on this machine"),
        (("--to", "features", "-o", "s3://bucket/x"), "is a URL. Give a place on this machine"),
    ):
        code, said = call("export", "small", "-w", finished, *words)
        assert code == 2 and told in " ".join(said.replace("│", " ").split()), said
        assert "--workspace" not in said and "published before" not in said and not Path("s3:").exists()
    assert call("export", "small", "-w", finished, "--to", "npz", "-o", tmp_path / "new/deep/x.npz")[0] == 0
    assert (tmp_path / "new/deep/x.npz").stat().st_size


def test_other_commands_take_no_url_for_a_file_either(call: Callable[..., tuple[int, str]]) -> None:
    for words in (
        ("recipes", "new", "--labels", "cat,dog", "-o", "s3://bucket/recipe.yaml"),
        ("predict", "small", "a.mp4", "--as", "csv", "-o", "s3://bucket/out"),
        ("texts", "batch", "write", "miniature", "--to", "s3://bucket/out"),
    ):
        code, said = call(*words)
        assert code == 2 and "is a URL." in " ".join(said.replace("│", " ").split()), said
