"""Label sets: shipped ones, files of every kind, and the columns of a candidate set."""

from pathlib import Path

import pytest

from pipeline.labels import Candidates, Column, LabelError, load_labels, shipped_label_sets

SHARED = Path(__file__).resolve().parents[2] / "../shared/labels"


# The shared list names two pairs of classes alike; WordNet's own first names tell them apart (line numbers from 0).
TOLD_APART = {("imagenet1k", 744): "projectile", ("imagenet1k", 836): "sunglass"}


@pytest.mark.skipif(not SHARED.is_dir(), reason="the folder of label lists, ../shared/labels, is not here")
def test_shipped_sets_are_the_shared_lists() -> None:
    lists = {path.stem: path for path in SHARED.glob("*.txt")}
    # The 51 names of the data set's folders (tests/datasets/test_published.py counts them), and halves that were drawn here.
    own = {"hmdb51", "kinetics700-base-ours", "vggsound-base-ours"}
    assert {name for name in shipped_label_sets() if not name.startswith("miniature-")} == set(lists) | own
    for name, path in lists.items():
        lines = [" ".join(line.replace("_", " ").split()) for line in path.read_text("utf-8").splitlines()]
        expected = [TOLD_APART.get((name, i), line) for i, line in enumerate(line for line in lines if line)]
        assert load_labels(name) == expected, name


def test_sizes_are_those_of_the_papers() -> None:
    sizes = {"coco": 80, "esc50": 50, "kinetics400": 400, "voc": 20, "objects365": 365, "ucf101": 101, "us8k": 10}
    assert {name: len(load_labels(name)) for name in sizes} == sizes


def test_miniature_sets_are_the_world_s_classes() -> None:
    from pipeline.miniature.world import AUDIO_CLASSES, IMAGE_CLASSES, VIDEO_CLASSES

    assert load_labels("miniature-image") == list(IMAGE_CLASSES)
    assert load_labels("miniature-audio") == list(AUDIO_CLASSES)
    assert load_labels("miniature-video") == list(VIDEO_CLASSES)
    assert min(len(IMAGE_CLASSES), len(AUDIO_CLASSES), len(VIDEO_CLASSES)) >= 16


@pytest.mark.parametrize("name", shipped_label_sets())
def test_every_shipped_set_loads(name: str) -> None:
    assert all(label == " ".join(label.split()) for label in load_labels(name))


def test_a_file_with_comments_blank_lines_and_windows_signs(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_bytes("\ufeff# my classes\r\ncat\r\n\r\n  golden_retriever  \r\nKäfer\r\nC#\r\n".encode())
    assert load_labels(str(path)) == ["cat", "golden retriever", "Käfer", "C#"]
    assert load_labels("names.txt", tmp_path) == load_labels(str(path))


def test_a_list_is_taken_as_it_is() -> None:
    assert load_labels(["b", " a\tx ", "c_d"]) == ["b", "a x", "c d"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "names.txt holds no class name. Write one name a line."),
        (b"# only a comment\n\n", "names.txt holds no class name"),
        (b"cat\ndog\ncat\n", "names.txt names 'cat' more than once. Name each class once."),
        (b"a_b\na b\n", "names.txt names 'a b' more than once"),
        (b"_\n", "names.txt holds an empty name"),
        ("Käfer\n".encode("latin-1"), r"names.txt is not a UTF-8 text file \(byte 1 cannot be read\).*iconv -t utf-8"),
        ("cat\n".encode("utf-16"), r"is not a UTF-8 text file \(byte 0 cannot be read\)"),
    ],
)
def test_files_that_are_no_list_of_names(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "names.txt").write_bytes(content)
    with pytest.raises(LabelError, match=told):
        load_labels("names.txt", tmp_path)


def test_lists_that_are_no_list_of_names() -> None:
    for names, told in (([], "holds no class name"), (["a", ""], "an empty name"), (["a", "a"], "'a' more than once")):
        with pytest.raises(LabelError, match=f"labels: the list in the recipe .*{told}"):
            load_labels(names)


def test_unknown_sets_name_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(LabelError) as caught:
        load_labels("kinetics40", tmp_path)
    assert str(caught.value).startswith(
        f"labels: 'kinetics40' is neither a shipped label set nor a file ({tmp_path}/kinetics40 does not exist). "
        f"Did you mean 'kinetics400'? Shipped sets: {', '.join(shipped_label_sets())}. Or give a list"
    )


def test_candidates_stand_video_image_audio() -> None:
    found = Candidates.of({"audio": ["dog", "rain"], "image": ["dog", "cat"], "video": ["run"]})
    assert found.columns == (
        Column("video", "run"),
        Column("image", "dog"),
        Column("image", "cat"),
        Column("audio", "dog"),
        Column("audio", "rain"),
    )
    assert found.modalities == ("video", "image", "audio")
    assert found.labels("image") == ["dog", "cat"]
    assert found.indices("audio") == [3, 4]
    assert found.index("audio") == {"dog": 3, "rain": 4}
    assert len(found) == 5
    assert Candidates.of({"image": ["x"]}).modalities == ("image",)


def test_a_name_that_is_no_text_is_refused_before_it_is_written() -> None:
    name = b"caf\xe9".decode("utf-8", "surrogateescape")  # as a folder is called that was made in another encoding
    with pytest.raises(LabelError, match=r"'caf\\udce9', which is no Unicode text.*Rename the folder"):
        load_labels(["dog", name])


def test_a_folder_is_no_file_of_labels(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match=rf"nor a file \({tmp_path}/\. is none\)|nor a file \({tmp_path} is none\)"):
        load_labels(".", tmp_path)
