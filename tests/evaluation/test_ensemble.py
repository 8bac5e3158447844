from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.datasets.rows import MediaRow
from pipeline.evaluation import EvaluationError, ensemble_scores, read_external_scores

LABELS = ["cat", "dog"]
ROWS = [MediaRow("k0", "/media/a.png", ("cat",)), MediaRow("k1", "/media/b.png", ("dog",))]


def _csv(folder: Path, *lines: str) -> Path:
    path = folder / "swin.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_probabilities_in_any_order_of_rows_and_columns(tmp_path: Path) -> None:
    path = _csv(tmp_path, "dog,path,cat", "0.8,/media/b.png,0.2", "0.1,/media/a.png,0.9", "0.5,/media/more.png,0.5")
    scores = read_external_scores(path, ROWS, LABELS)
    np.testing.assert_allclose(scores.probabilities, [[0.9, 0.1], [0.2, 0.8]])
    assert (scores.name, scores.note) == ("swin", "rows sum to one: read as probabilities")


def test_columns_follow_the_rule_of_names(tmp_path: Path) -> None:
    path = _csv(tmp_path, "path,Dog,CAT\u200b", "/media/a.png,0.1,0.9", "/media/b.png,0.8,0.2")
    np.testing.assert_allclose(read_external_scores(path, ROWS, LABELS).probabilities, [[0.9, 0.1], [0.2, 0.8]])
    path = _csv(tmp_path, "path,dog,Dog", "/media/a.png,0.1,0.9", "/media/b.png,0.8,0.2")
    found = read_external_scores(path, ROWS, ["Dog", "dog"]).probabilities
    np.testing.assert_allclose(found, [[0.9, 0.1], [0.2, 0.8]])
    path = _csv(tmp_path, "path,DOG,Dog", "/media/a.png,0.1,0.9", "/media/b.png,0.8,0.2")
    with pytest.raises(
        EvaluationError, match="the column 'DOG' is spelled as no class is, and may mean 'Dog' and 'dog'"
    ):
        read_external_scores(path, ROWS, ["Dog", "dog"])


def test_logits_are_softmaxed(tmp_path: Path) -> None:
    path = _csv(tmp_path, "path,cat,dog", "/media/a.png,2,0", "/media/b.png,-1,-1")
    scores = read_external_scores(path, ROWS, LABELS)
    e2 = np.exp(2.0)
    np.testing.assert_allclose(scores.probabilities, [[e2 / (e2 + 1), 1 / (e2 + 1)], [0.5, 0.5]])
    assert scores.note == "rows do not sum to one: read as logits, softmax taken"


def test_parquet_by_key_serves_copies_of_a_file(tmp_path: Path) -> None:
    pq.write_table(pa.table({"key": ["k1", "k0"], "cat": [0.0, 1.0], "dog": [1.0, 0.0]}), tmp_path / "x.parquet")
    rows = [*ROWS, MediaRow("k0", "/elsewhere/copy.png", ("cat",))]
    scores = read_external_scores(tmp_path / "x.parquet", rows, LABELS)
    np.testing.assert_array_equal(scores.probabilities, [[1, 0], [0, 1], [1, 0]])


def test_bare_names_and_paths_from_the_tables_folder(tmp_path: Path) -> None:
    rows = [MediaRow("k0", "/media/a.png", ()), MediaRow("k1", str(tmp_path / "sub" / "b.png"), ())]
    path = _csv(tmp_path, "path,cat,dog", "a.png,1,0", "sub/b.png,0,1")
    np.testing.assert_array_equal(read_external_scores(path, rows, LABELS).probabilities, [[1, 0], [0, 1]])


def test_a_file_name_that_is_not_unique_matches_nothing(tmp_path: Path) -> None:
    rows = [MediaRow("k0", "/cat/1.png", ()), MediaRow("k1", "/dog/1.png", ())]
    with pytest.raises(EvaluationError, match=r"no scores for 2 of 2 files: /cat/1\.png, /dog/1\.png\. Found: 1 rows"):
        read_external_scores(_csv(tmp_path, "path,cat,dog", "1.png,1,0"), rows, LABELS)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["path,cat", "a.png,1"], "no column for 1 of 2 classes: dog. Expected: path (or key)"),
        (["cat,dog", "1,0"], "has neither column 'path' nor 'key'"),
        (["path,cat,dog,cow", "a.png,1,0,0"], "1 columns that are no class: cow"),
        (["path,cat,dog,dog", "a.png,1,0,0"], "dog more than once"),
        (["path,cat,dog", "a.png,1,0"], "1 of 2 files: /media/b.png. Found: 1 rows, matched by path"),
        (["path,cat,dog", "a.png,1,0", "a.png,1,0"], "1 files in more than one row: "),
        (["path,cat,dog", "a.png,x,0", "b.png,0,1"], "column 'cat' of "),
        (["path,cat,dog", "a.png,,0", "b.png,0,1"], "an empty or infinite score for /media/a.png"),
    ],
)  # fmt: skip
def test_bad_tables_say_what_was_found(tmp_path: Path, lines: list[str], message: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        read_external_scores(_csv(tmp_path, *lines), ROWS, LABELS)
    assert message in str(caught.value) and "swin.csv" in str(caught.value)


def test_no_table_and_no_table_at_all(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"there is no table .*gone\.csv\. Give a \.csv or \.parquet"):
        read_external_scores(tmp_path / "gone.csv", ROWS, LABELS)
    (tmp_path / "bad.parquet").write_bytes(b"nothing of the kind")
    with pytest.raises(EvaluationError, match=r"bad\.parquet cannot be read as a table"):
        read_external_scores(tmp_path / "bad.parquet", ROWS, LABELS)


def test_the_ensemble_adds_probabilities() -> None:
    external, cosines = np.array([[0.9, 0.1]]), np.array([[0.2, 0.2 + 0.01 * np.log(4)]])
    np.testing.assert_allclose(ensemble_scores(external, cosines, 0.01), [[0.9 + 0.2, 0.1 + 0.8]])
