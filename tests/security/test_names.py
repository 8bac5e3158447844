"""Names lead nowhere: recipes, labels, files and members of archives stay where they belong."""

import gzip
import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from pipeline.datasets import read_rows
from pipeline.labels import LabelError, load_labels
from pipeline.recipe.data import WebdatasetData
from pipeline.recipe.errors import RecipeError
from pipeline.stages.whole import run_recipe
from pipeline.tasks.load import parse_recipe
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.telemetry.progress import Progress
from stores import ArtifactSpec
from stores.errors import SpecError

EVIL = [
    "../../x", "/etc/passwd", "..", ".", "a/../../b", "nul\0l", "x" * 300, "-rf", "~root", "$(touch x)", "a\nb", "con:",
    "\u202egpj.exe", "a\\..\\b", "%2e%2e%2f", "", " x",
]  # fmt: skip


@pytest.mark.parametrize("name", EVIL, ids=repr)
def test_a_recipe_s_name_is_a_plain_word(name: str, tmp_path: Path) -> None:
    content = {"name": name, "modalities": {"image": {"labels": ["a", "b"], "encoder": "miniature-clip"}}}
    with pytest.raises(RecipeError, match="name: "):
        parse_recipe(yaml.safe_dump(content), where="r", base=tmp_path)


@pytest.mark.parametrize("kind", [name for name in EVIL if "xxx" not in name], ids=repr)
def test_so_is_the_kind_of_an_artifact(kind: str) -> None:
    with pytest.raises(SpecError):
        ArtifactSpec(kind=kind, fields={}, backend="blob")


def test_a_run_with_hostile_labels_and_files_stays_in_its_workspace(cage: Path) -> None:
    """From recipe to report; what no name may do, the cage sees."""
    labels = [
        "../../escape",
        "/etc/passwd",
        "<script>alert(1)</script>",
        "[/red] {x} %s",
        "clear",
        "$(touch x)",
        "x" * 200,
    ]
    rng = np.random.default_rng(0)
    for i, name in enumerate(["escape", "passwd", "clear"]):
        for extra in (
            "plain.png",
            "$(touch ran).png",
            "\x1b[31mred.png",
            "a\nb.png",
            "[bold].png",
            "<b>.png",
            "-rf.png",
        ):
            folder = cage / "media" / labels[i].replace("/", " ") if i != 2 else cage / "media" / labels[4]
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rng.integers(0, 256, (24, 24, 3), np.uint8)).save(folder / f"{name}-{extra}")
    content = {
        "name": "hostile",
        "workspace": "workspace",
        "modalities": {
            "image": {
                "labels": labels,
                "encoder": "miniature-clip",
                "data": {"layout": "folder", "root": "media"},
            }
        },
        "generate": {"engine": "deterministic", "sentences_per_class": 3},
        "cache": {"workers": 0},
        "train": {"epochs": 1, "batch_size": 8},
    }
    recipe = parse_recipe(yaml.safe_dump(content, allow_unicode=True), where="r", base=cage)
    run_recipe(BoundSentences(recipe, "cpu", Progress.silent()))
    tops = {path.name for path in (cage / "workspace").iterdir()}
    made = {"texts", "features", "overlong", "checkpoints", "classifiers", "assignments", "evaluations"}
    assert tops <= made | {"runs", "cache", ".locks"}
    made = [path.name for path in (cage / "workspace").rglob("*")]
    assert not any("escape" in name or "script" in name or "\x1b" in name for name in made)
    assert (cage / "workspace/runs/hostile/report.html").is_file()


@pytest.mark.parametrize("label", ["\x1b[2Jcat", "nul\0l", "\u202egpj", "c\x9bat", "bell\x07"])
def test_labels_hold_nothing_unseen(label: str, tmp_path: Path) -> None:
    with pytest.raises(LabelError, match="characters that steer a terminal") as told:
        load_labels(["dog", label])
    assert label not in str(told.value)
    (tmp_path / "names.txt").write_text(f"dog\n{label}\n", "utf-8")
    with pytest.raises(LabelError):
        load_labels(str(tmp_path / "names.txt"))


def test_labels_that_differ_by_case_only_are_two_classes() -> None:
    assert load_labels(["cat", "Cat"]) == ["cat", "Cat"]


def tar_of(members: list[tarfile.TarInfo | tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member)
            else:
                entry = tarfile.TarInfo(member[0])
                entry.size = len(member[1])
                tar.addfile(entry, io.BytesIO(member[1]))
    return out.getvalue()


@pytest.fixture
def read_tar(cage: Path) -> Callable[[bytes, str], tuple[list[str], list[str]]]:
    """(paths of the media, problems) of one tar."""

    def read(content: bytes, name: str = "0.tar") -> tuple[list[str], list[str]]:
        (cage / "tars").mkdir(exist_ok=True)
        (cage / "tars" / name).write_bytes(content)
        config = WebdatasetData.model_validate({"layout": "webdataset", "root": cage / "tars", "shards": "*.tar*"})
        source = read_rows(config, "image", ["cat"], cage / "workspace")
        return [row.path for row in source.rows], [problem for _, problem in source.unreadable]

    return read


def test_members_of_a_tar_give_only_a_suffix(cage: Path, read_tar: Callable[..., tuple[list[str], list[str]]]) -> None:
    links = []
    for name, kind in (
        ("s.jpg", tarfile.SYMTYPE),
        ("h.jpg", tarfile.LNKTYPE),
        ("c.jpg", tarfile.CHRTYPE),
        ("f.jpg", tarfile.FIFOTYPE),
    ):
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = kind, "/etc/passwd"
        links.append(entry)
    names = ["../../../up.jpg", "/abs.jpg", "x" * 5000 + ".jpg", "A.jpg", "a.jpg", "\x1b[2J.jpg", "a/../../../../b.jpg"]
    paths, problems = read_tar(tar_of([*links, *((name, bytes([i]) * 9) for i, name in enumerate(names))]))
    assert len(paths) == len(names)
    assert [problem.partition("; it holds a ")[2][:4] for problem in problems] == ["link", "link", "pipe", "pipe"]
    for path in map(Path, paths):
        assert path.parent.parent == cage / "workspace/media/webdataset"
        assert not path.is_symlink() and len(path.name) == 36 and path.name.endswith(".jpg")


def test_a_tar_that_unfolds_without_end_is_stopped(
    cage: Path, read_tar: Callable[..., tuple[list[str], list[str]]]
) -> None:
    size = 200 << 20
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=9) as packed:
        header = tarfile.TarInfo("bomb.jpg")
        header.size = size
        packed.write(header.tobuf())
        for _ in range(size >> 20):
            packed.write(bytes(1 << 20))
        packed.write(bytes(1024))
    paths, problems = read_tar(out.getvalue(), "0.tar.gz")
    assert paths == [] and len(problems) == 1 and "unfolds to 209,715,200 bytes" in problems[0]
    assert sum(f.stat().st_size for f in (cage / "workspace").rglob("*") if f.is_file()) < 1 << 20


def test_a_sparse_member_of_any_size_is_stopped(
    cage: Path, read_tar: Callable[..., tuple[list[str], list[str]]]
) -> None:
    """GNU's sparse files promise zeros that the tar does not hold."""
    sparse = tarfile.TarInfo("sparse.jpg")
    sparse.type = tarfile.GNUTYPE_SPARSE
    block = bytearray(sparse.tobuf(tarfile.GNU_FORMAT))
    block[386:398], block[398:410] = b"00000000000\0", b"00000000000\0"
    block[483:495] = b"77777777777\0"  # the real size: 8 GiB
    block[148:156] = b" " * 8
    block[148:156] = f"{sum(block):06o}\0 ".encode()
    paths, problems = read_tar(bytes(block) + bytes(1024))
    assert paths == [] and len(problems) == 1 and "unfolds to 8,589,934,591 bytes" in problems[0]


def test_a_device_in_the_place_of_a_file_is_not_read(cage: Path) -> None:
    from pipeline.media.errors import MediaError
    from pipeline.media.image import decode_image
    from pipeline.media.specs import ImageSpec

    os.mkfifo(cage / "pipe.png")
    (cage / "zero.png").symlink_to("/dev/zero")
    for name in ("pipe.png", "zero.png"):
        with pytest.raises(MediaError, match="not a file"):
            decode_image(str(cage / name), ImageSpec())
