"""A published list that names a file outside of its root is refused, with the line that does."""

from pathlib import Path

import pytest
from layouts import WRITERS, write_layout
from test_published import SHOWN, read

from pipeline.datasets import DatasetError

OPTIONS = {"ucf101": {"split": "test01"}, "hmdb51": {"split": "test01"}}
# The list of each layout, the start of its second entry's path there, and how the message names the entry.
LISTED: dict[str, tuple[str, str, str]] = {
    "ucf101": ("ucfTrainTestlist/testlist01.txt", "HandstandPushups/v_", "line 2"),
    "hmdb51": ("testTrainMulti_7030_splits/pushup_test_split1.txt", "#3_Clip", "line 2"),
    "vggsound": ("vggsound.csv", "-_id0000001", "line 3"),
    "kinetics400": ("annotations/val.csv", "-_id0000001", "line 3"),
    "kinetics600": ("annotations/val.csv", "-_id0000001", "line 3"),
    "kinetics700": ("annotations/val.csv", "-_id0000001", "line 3"),
    "mscoco": ("annotations/instances_val2014.json", "COCO_val2014_000000000007", "image "),
    "voc2007": ("VOC2007/ImageSets/Main/aeroplane_test.txt", "000001", "line 2"),
    "voc2012": ("VOC2012/ImageSets/Main/aeroplane_val.txt", "000001", "line 2"),
    "nuswide": ("ImageList/TestImagelist.txt", "actor\\0001", "line 2"),
    "imagenet-mini": ("test.csv", "n01532829_1", "line 3"),
    "objects365": ("Annotations/val/val.json", "obj365_val_000000000007", "image "),
    "esc50": ("meta/esc50.csv", "2-100001", "line 3"),
    "urbansound8k": ("metadata/UrbanSound8K.csv", "100001-3", "line 3"),
}


# Kinetics-700's clips lie in a folder a class, so that a path never starts with the list's entry.
@pytest.mark.parametrize(
    ("name", "away"),
    [(name, away) for name in sorted(WRITERS) for away in ("../../", "/") if (name, away) != ("kinetics700", "/")],
)
def test_it_is_told_with_its_line(name: str, away: str, tmp_path: Path) -> None:
    root = tmp_path / "data"
    root.mkdir()
    write_layout(name, root, SHOWN[name])
    file, entry, line = LISTED[name]
    text = (root / file).read_text()
    assert text.count(entry) == 1
    (root / file).write_text(text.replace(entry, away + entry))
    with pytest.raises(DatasetError) as caught:
        read(name, root, **OPTIONS.get(name, {}))
    assert f"{root / file}, {line}" in str(caught.value)
    assert f"{away + entry}".replace("\\", "/") in str(caught.value) and "leads out of" in str(caught.value)
