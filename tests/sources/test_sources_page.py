"""docs/sources.md: its example runs, and its table says what the presets are."""

import re
from math import prod
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline.sources import PRESETS
from pipeline.sources.specs import stored_type

PAGE = (Path(__file__).parents[2] / "docs/sources.md").read_text("utf-8")
ROWS = re.findall(r"^\| `([\w-]+)` \| ([\d x]+) \| (\w+) \| ([\d.]+ [kM]B) \|", PAGE, flags=re.MULTILINE)
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)


def test_the_example_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("sounds").mkdir()
    soundfile.write("sounds/a.wav", np.random.default_rng(0).normal(0, 0.1, 16_000), 16_000)
    Path("sounds/b.wav").write_bytes(b"")
    code, _ = EXAMPLES
    found = {}
    exec(code, found)
    assert (found["summary"].made, found["summary"].rejected) == (1, 1)
    assert found["spectrograms"].shape == (1, 1, 1024, 128) and found["spectrograms"].dtype == np.float16
    assert found["refused"] == [("sounds/b.wav", "empty file")]


def test_the_example_of_crops_runs():
    _, code = EXAMPLES
    stored = np.random.default_rng(0).normal(3, 1, PRESETS["mov-audio"].shape[1:]).astype(np.float16)
    found = {"stored": stored, "key": "key", "epoch": 1, "PRESETS": PRESETS}
    exec(code, found)
    assert found["shown"].shape == (800, 128) and found["asked"].shape == (12, 800, 128)


def test_every_preset_is_in_the_table():
    assert [name for name, *_ in ROWS] == list(PRESETS)


@pytest.mark.parametrize(("name", "shape", "dtype", "size"), ROWS)
def test_the_table_is_right(name, shape, dtype, size):
    spec = PRESETS[name]
    assert tuple(map(int, shape.split(" x "))) == spec.shape and dtype == stored_type(spec, "float16")
    number, unit = size.split()
    found = prod(spec.shape) * np.dtype(dtype).itemsize / {"kB": 1e3, "MB": 1e6}[unit]
    assert f"{found:.1f}" == number or f"{found:.0f}" == number
