"""Masks of clips of a user's own: of any length, without sound or picture, as pictures, overlays and tables."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from mask_runs import METHODS, SIZE, bound_of
from noise_clips import BROKEN, RATE, clip
from PIL import Image

from pipeline.datasets.av.masks.found import FoundMasks, packed
from pipeline.datasets.av.masks.own import read_own_masks
from pipeline.datasets.av.masks.written import write_overlays
from pipeline.miniature.world.video_files import write_mp4
from pipeline.predictions import Prediction
from pipeline.recipe.mask_data import MasksData
from pipeline.stages.predict import predict
from pipeline.tasks.av.work import sides_of, trials
from pipeline.tasks.av_masks.result import told_of

Call = Callable[..., tuple[int, str, str]]
WIDE = (48, 96)
"""Frames that are twice as wide as high."""


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("clips")
    soundfile.write(folder / "sound.wav", np.random.default_rng(1).normal(0, 0.1, 5 * RATE), RATE)
    (folder / "broken.mp4").write_bytes(BROKEN)
    return {
        "short": clip(folder / "short.mp4", 3, shape=WIDE),
        "long": clip(folder / "long.mp4", 12, shape=WIDE),
        "mute": clip(folder / "mute.mp4", 5, sound=False, shape=WIDE),
        "sound": folder / "sound.wav",
        "broken": folder / "broken.mp4",
    }


def test_seconds_of_sound_alone_have_no_overlay(tmp_path: Path) -> None:
    """The last frame stands for none of them."""
    frames = np.zeros((9, 48, 96, 3), np.uint8)
    frames[:, :, :, 0] = 20 * np.arange(9)[:, None, None]
    write_mp4(tmp_path / "a.mp4", frames, 1, np.zeros(11 * RATE, np.float32), RATE)
    found = FoundMasks(packed(np.zeros((11, 8, 8), bool)), 8, 1.0)
    assert write_overlays(str(tmp_path / "a.mp4"), found, tmp_path / "out") == 9
    reds = [np.asarray(Image.open(path))[..., 0].mean() for path in sorted((tmp_path / "out").iterdir())]
    assert reds == pytest.approx([0.65 * 20 * n for n in range(9)], abs=4)  # each second its own frame, dimmed


def answers(ran: Path, *files: Path, method: str | None = None) -> list[Prediction]:
    return predict("few", ran / "workspace", list(files), "cpu", 3, method=method)


def written(folder: Path, frames: Path, sound: Path) -> Path:
    """A clip of a folder of frames, one a second, and a sound; lossless, so that the tower sees the same."""
    import av

    pictures = [np.asarray(Image.open(path).convert("RGB")) for path in sorted(frames.iterdir())]
    wave, rate = soundfile.read(sound, dtype="int16")
    path = folder / "same.mkv"
    with av.open(str(path), "w") as out:
        seen = out.add_stream("ffv1", rate=1, width=64, height=64, pix_fmt="bgr0")
        heard = out.add_stream("pcm_s16le", rate=rate, layout="mono")
        for picture in pictures:
            out.mux(seen.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(seen.encode(None))
        frame = av.AudioFrame.from_ndarray(wave[None], format="s16", layout="mono")
        frame.sample_rate = rate
        out.mux(heard.encode(frame))
        out.mux(heard.encode(None))
    return path


@pytest.mark.parametrize("method", METHODS)
def test_a_test_clip_gets_the_masks_that_it_was_judged_by(ran: Path, tmp_path: Path, method: str) -> None:
    bound = bound_of(ran)
    told = next(told_of(bound, t, sides_of(bound)) for t in trials(bound) if t.what == method)
    own = told.clips[2]
    (found,) = answers(ran, written(tmp_path, Path(own.video.path), Path(own.sound.path)), method=method)
    assert found.error == found.note == "" and found.masks is not None
    assert (len(found.masks), found.masks.size, found.masks.segment_s) == (5, SIZE, 1.0)
    same = np.mean([found.masks.mask(n) == mask for n, mask in enumerate(told.mask(2))])
    assert same > 0.999  # float sums of another batch


def test_a_clip_may_be_long_or_short(ran: Path, clips: dict[str, Path]) -> None:
    short, long = answers(ran, clips["short"], clips["long"], method="copl")
    assert short.masks is not None and long.masks is not None
    assert (len(short.masks), short.masks.seconds, len(long.masks), long.masks.seconds) == (5, 3, 12, 12)
    assert long.masks.areas[-1].end_s == pytest.approx(12, abs=0.1)


def test_what_lacks_a_side_is_judged_by_the_other_and_says_so(ran: Path, clips: dict[str, Path]) -> None:
    mute, sound, broken = answers(ran, clips["mute"], clips["sound"], clips["broken"])
    assert (mute.modality, mute.note) == ("video", "no sound (no audio stream): judged by its picture alone")
    assert sound.modality == "audio" and "sound alone" in sound.note and sound.masks is not None
    assert broken.error and broken.masks is None


def test_masks_are_written_as_they_are_read_again(
    call: Call, ran: Path, clips: dict[str, Path], tmp_path: Path
) -> None:
    """As large as the frames, 0 and 255, one a second: the layout of own masks."""
    out = tmp_path / "masks"
    asked = ("predict", "few", clips["short"], clips["long"], "-w", ran / "workspace", "-d", "cpu", "--method", "copl")
    code, told, _ = call(*asked, "--as", "masks", "--out", out)
    assert code == 0 and "Wrote 15 pictures into 2 folders" in " ".join(told.split())
    assert sorted(path.name for path in (out / "short").iterdir()) == ["0001.png", "0002.png", "0003.png"]
    with Image.open(out / "long/0012.png") as picture:
        assert picture.size == (96, 48) and picture.mode == "L" and set(np.unique(np.asarray(picture))) <= {0, 255}
    data = MasksData(layout="masks", root=clips["long"].parent, masks=out, segments=3)
    found = read_own_masks(data, tmp_path)
    assert [(c.name, sum(m is not None for m in c.masks)) for c in found.clips] == [("long.mp4", 3)] * 4 + [
        ("short.mp4", 3)
    ]
    assert found.remarks == ()


def test_overlays_show_the_frames_and_what_sounds(
    ran: Path, clips: dict[str, Path], call: Call, tmp_path: Path
) -> None:
    asked = ("predict", "few", clips["long"], clips["sound"], "-w", ran / "workspace", "-d", "cpu")
    code, _, err = call(*asked, "--as", "overlay", "--out", tmp_path / "shown")
    assert code == 1 and "no overlay is written" in err  # a sound has no frames
    files = sorted((tmp_path / "shown/long").iterdir())
    assert len(files) == 12 and not (tmp_path / "shown/sound").exists()
    with Image.open(files[0]) as picture:
        assert picture.size == (96, 48) and picture.mode == "RGB"
    code, _, err = call(*asked, "--as", "overlay")
    assert code == 2 and "--out FOLDER" in " ".join(err.split())
    code, _, err = call(*asked, "--as", "vtt")
    assert code == 2 and "--as masks, overlay or csv" in " ".join(err.split())


def test_tables_json_and_csv_tell_how_much_of_the_frame_sounds(
    call: Call, ran: Path, clips: dict[str, Path], tmp_path: Path
) -> None:
    asked = ("predict", "few", clips["long"], clips["broken"], "-w", ran / "workspace", "-d", "cpu", "--method", "copl")
    (long, _) = answers(ran, clips["long"], clips["broken"], method="copl")
    assert long.masks is not None
    code, out, _ = call(*asked, "--json")
    told = json.loads(out)
    assert code == 1 and "masks" not in told[1] and len(told[0]["masks"]) == 12
    assert [each["area"] for each in told[0]["masks"]] == [float(long.masks.mask(n).mean()) for n in range(12)]
    for shape in (("--csv",), ("--as", "csv")):
        rows = list(csv.DictReader(io.StringIO(call(*asked, *shape)[1])))
        assert [row["second"] for row in rows] == [*map(str, range(1, 13)), ""] and rows[-1]["error"]
        assert float(rows[3]["area"]) == pytest.approx(long.masks.mask(3).mean(), abs=1e-6)
    assert call(*asked, "--as", "csv", "--out", tmp_path)[0] == 1 and (tmp_path / "masks.csv").is_file()
    shown = " ".join(call(*asked)[1].split())
    assert "of the frame that sounds" in shown and "and 2 seconds with less" in shown


def test_areas_and_boxes_are_those_of_the_mask() -> None:
    masks = np.zeros((2, 10, 10), bool)
    masks[1, 2:4, 5:10] = True
    found = FoundMasks(packed(masks), 10, 0.5)
    first, second = found.areas
    assert (first.area, first.box, second.area, second.box) == (0.0, None, 0.1, (0.5, 0.2, 1.0, 0.4))
    assert (second.start_s, second.end_s, found.seconds) == (0.5, 1.0, 1) and np.array_equal(
        found.of_second(0), masks[1]
    )
    assert found == FoundMasks(packed(masks), 10, 0.5) != FoundMasks(packed(~masks), 10, 0.5)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("--method", "copy"), "run 'few' learned no sound, head-only"),
        (("--seed", "7"), "run 'few' learned with 0"),
        (("--none-of-these",), "Leave them out"),
    ],
)  # fmt: skip
def test_what_the_run_does_not_have_is_refused(
    call: Call, ran: Path, clips: dict[str, Path], asked: tuple[str, ...], told: str
) -> None:
    code, _, err = call("predict", "few", clips["mute"], "-w", ran / "workspace", "-d", "cpu", *asked)
    assert code == 2 and told in " ".join(err.split())
