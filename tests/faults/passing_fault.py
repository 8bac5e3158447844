"""One look at a media folder fails, once, with an error of the machine: no other rows, no rejected row, no green end without all.

    python tests/faults/passing_fault.py FOLDER WORKERS STEP

with LD_PRELOAD=kth_fault.so, MMPT_KTH_UNDER=FOLDER/media and MMPT_KTH_CONTROL=FILE, see kth_fault.c. For every STEP-th look
(listing, status, opening, reading) of `cache-features` on ten files: that one fails, then the command is typed again.
"""

import errno
import os
import shutil
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from faulty import Control, Failure, Fault

ERRNOS = (errno.EIO, errno.EMFILE, errno.ESTALE, errno.ENFILE, errno.ETIMEDOUT, errno.ENOMEM)
LABELS = {"image": ["circle", "square"], "audio": ["beep", "siren"], "video": ["rising", "falling"]}
ENCODERS = {"image": "miniature-clip", "audio": "miniature-clap", "video": "miniature-viclip"}


def write_recipe(folder: Path, workers: int) -> Path:
    """Ten files of every way into a decoder, one of which is cut off, and a recipe for them."""
    write_media(folder / "media")
    modalities = {
        m: {
            "labels": labels,
            "encoder": ENCODERS[m],
            "data": {"layout": "folder", "root": str(folder / "media" / m)},
        }
        for m, labels in LABELS.items()
    }
    recipe: dict[str, Any] = {"name": "faults", "modalities": modalities, "workspace": str(folder / "workspace")}
    recipe["cache"] = {"workers": workers, "max_rejected": 0.9}
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    return folder / "recipe.yaml"


def write_media(root: Path) -> None:
    """Five pictures, three sounds, two videos."""
    import av
    import soundfile
    from PIL import Image

    rng = np.random.default_rng(3)
    for modality, labels in LABELS.items():
        for label in labels:
            (root / modality / label).mkdir(parents=True)
    for name, options in {
        "circle/1.png": {}, "circle/2.jpg": {}, "circle/3.tif": {"compression": "tiff_lzw"}, "square/4.gif": {},
    }.items():  # fmt: skip
        Image.fromarray(rng.integers(0, 256, (150, 200, 3), np.uint8)).save(root / "image" / name, **options)
    whole = (root / "image/circle/1.png").read_bytes()
    (root / "image/square/5.png").write_bytes(whole[: len(whole) // 2])
    for name in ("beep/1.wav", "beep/2.mp3", "siren/3.flac"):
        soundfile.write(root / "audio" / name, rng.normal(0, 0.1, 40_000), 16_000)
    for name in ("rising/1.mp4", "falling/2.mkv"):
        with av.open(str(root / "video" / name), "w") as container:
            stream = container.add_stream("mpeg4", rate=10)
            stream.width, stream.height = 96, 64
            for _ in range(24):
                frame = av.VideoFrame.from_ndarray(rng.integers(0, 256, (64, 96, 3), np.uint8), format="rgb24")
                container.mux(stream.encode(frame))
            container.mux(stream.encode())


class Trial:
    """The recipe, and the numbers that the preloaded library goes by."""

    def __init__(self, recipe: Path):
        self.recipe, self.workspace = recipe, recipe.parent / "workspace"
        self._control = Control()

    def cache(self, fails: int = 0, number: int = 0) -> tuple[int, str, int]:
        """Type `cache-features`, of whose looks one fails; exit code, what was printed, looks taken."""
        from pipeline.cli.app import main

        self._control.set(Fault(fails, number))
        sys.argv = ["mmpt-pipeline", "cache-features", str(self.recipe), "--device", "cpu"]
        printed = StringIO()
        code: Any = 0
        with redirect_stdout(printed), redirect_stderr(printed):
            try:
                main()
            except SystemExit as left:
                code = left.code or 0
        return int(code), printed.getvalue(), self._control.calls

    def rows(self) -> dict[str, bytes]:
        """Every file of the features."""
        found = sorted((self.workspace / "features").rglob("*"))
        return {str(path.relative_to(self.workspace)): path.read_bytes() for path in found if path.is_file()}


def main() -> None:
    folder, workers, step = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    trial = Trial(write_recipe(folder, workers))
    code, told, looks = trial.cache()
    expected = trial.rows()
    if code or looks < 100:
        raise Failure(f"the undisturbed run ended with {code} after {looks} looks:\n{told}")
    stopped = 0
    for number in range(1, looks + 1, step):
        shutil.rmtree(trial.workspace)
        kind = ERRNOS[number // step % len(ERRNOS)]
        code, told, _ = trial.cache(number, kind)
        where = f"look {number} of {looks}, {errno.errorcode[kind]}, {workers} workers"
        if code == 0 and trial.rows() != expected:
            raise Failure(f"{where}: a green end with other rows:\n{told}")
        if code not in (0, 2) or (code == 2 and os.strerror(kind) not in told):
            raise Failure(f"{where}: exit code {code} with:\n{told}")
        stopped += code == 2
        code, told, _ = trial.cache()
        if code or trial.rows() != expected:
            raise Failure(f"{where}: not the same rows when the command was typed again (exit code {code}):\n{told}")
    if not stopped:
        raise Failure("no fault came through")
    print(f"OK: {stopped} of {len(range(1, looks + 1, step))} faults stopped the command, the others changed nothing")


if __name__ == "__main__":
    main()
