"""Weights and configurations that are none: each is one message that names what is wrong, and nothing is built of it."""

import io
import json
import os
import pickle
import shutil
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from pipeline.encoders import pickles
from pipeline.encoders.cards import card
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.load import load_encoder
from pipeline.encoders.pickles import require_harmless
from pipeline.encoders.weights import read_weights
from stores.errors import MmptError

GOOD = {"a": torch.zeros(2, 3)}


class Odd(torch.Tensor):
    """A subclass, whose methods are somebody else's code."""


def _nested() -> torch.Tensor:
    return torch.nested.nested_tensor([torch.zeros(2), torch.zeros(3)])


TENSORS: dict[str, Callable[[], Any]] = {
    "a sparse tensor (sparse_coo)": lambda: torch.eye(3).to_sparse(),
    "a sparse tensor (sparse_csr)": lambda: torch.eye(4).to_sparse_csr(),
    "a sparse tensor (sparse_csc)": lambda: torch.eye(4).to_sparse_csc(),
    "a sparse tensor (sparse_bsr)": lambda: torch.eye(4).to_sparse_bsr((2, 2)),
    "a quantised tensor (qint8)": lambda: torch.quantize_per_tensor(torch.ones(4), 0.1, 0, torch.qint8),
    "a quantised tensor (quint8)": lambda: torch.quantize_per_channel(
        torch.ones(2, 2), torch.ones(2), torch.zeros(2), 0, torch.quint8
    ),
    "on the device 'meta'": lambda: torch.zeros(2, device="meta"),
    "a nested tensor": _nested,
    "a tensor of complex64": lambda: torch.zeros(2, dtype=torch.complex64),
    "a tensor of complex128": lambda: torch.zeros(2, dtype=torch.complex128),
    "a tensor of float8_e4m3fn": lambda: torch.zeros(2, dtype=torch.float8_e4m3fn),
    "a tensor of uint16": lambda: torch.zeros(2, dtype=torch.uint16),
    "a tensor of the shape (1000000, 1000000) over 4 bytes": lambda: torch.zeros(1).expand(10**6, 10**6),
    "a tensor of the shape (3, 2) over 8 bytes": lambda: torch.zeros(2).expand(3, 2),
}
NAMES = ["a\0", "a\nb", "a\x1b[31m", "a\u202eb", "\udcff", "n" * 400, 7, b"a", ("a",), None]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("told", TENSORS)
def test_odd_tensors_in_a_checkpoint(tmp_path: Path, told: str, zipped: bool) -> None:
    try:
        torch.save({**GOOD, "odd": TENSORS[told]()}, tmp_path / "x.pt", _use_new_zipfile_serialization=zipped)
    except Exception as error:
        pytest.skip(f"this version of PyTorch does not write it: {error}")
    refused(tmp_path / "x.pt", told if zipped or "over" in told else "")


@pytest.mark.parametrize("name", NAMES, ids=map(ascii, NAMES))
def test_odd_names(tmp_path: Path, name: Any) -> None:
    torch.save({**GOOD, name: torch.zeros(2)}, tmp_path / "x.pt")
    refused(tmp_path / "x.pt", "a tensor under the name ")


@pytest.mark.parametrize("told", ["a tensor of complex64", "a tensor of float8_e4m3fn", "a tensor of uint16"])
def test_odd_tensors_in_safetensors(tmp_path: Path, told: str) -> None:
    save_file({**GOOD, "odd": TENSORS[told]()}, tmp_path / "x.safetensors")
    refused(tmp_path / "x.safetensors", f"{told} under 'odd'")


def _header(header: Any, length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + b"\0" * 24


SPANS = {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}
HEADERS = {
    "length of the whole memory": _header({"a": SPANS}, 2**63),
    "length of all bits": _header({"a": SPANS}, 2**64 - 1),
    "no JSON": _header(b"{" * 100),
    "deep JSON": _header(b'{"a":' * 100_000),
    "offsets outside": _header({"a": {**SPANS, "data_offsets": [0, 10**12]}}),
    "offsets backwards": _header({"a": {**SPANS, "data_offsets": [24, 0]}}),
    "a negative shape": _header({"a": {**SPANS, "shape": [-2, 3]}}),
    "a huge shape": _header({"a": {**SPANS, "shape": [2**40, 2**40]}}),
    "another dtype": _header({"a": {**SPANS, "dtype": "Q4"}}),
    "two in one place": _header({"a": SPANS, "b": SPANS}),
    "a list": _header([1, 2]),
    "an odd name": _header({"a\x1b[31m": SPANS}),
}


@pytest.mark.parametrize("kind", HEADERS)
def test_safetensors_whose_header_is_none(tmp_path: Path, kind: str) -> None:
    (tmp_path / "x.safetensors").write_bytes(HEADERS[kind])
    refused(tmp_path / "x.safetensors", "")


def _legacy(state: bytes, sizes: Any = None) -> bytes:
    """A file of PyTorch's older format whose pickle is given."""
    out = io.BytesIO()
    for part in (
        0x1950A86A20F9469CFC6C,
        1001,
        {"protocol_version": 1001, "little_endian": True, "type_sizes": sizes or {}},
    ):
        pickle.dump(part, out, protocol=2)
    return out.getvalue() + state


def _laughing(depth: int) -> bytes:
    """Tuples of tuples as a key, of which a hash takes 2 ** depth steps."""
    return b"\x80\x02})q\x00" + b"h\x00\x86q\x00" * depth + b"K\x01s."


def test_a_pickle_that_goes_on_for_ever_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pickles, "_LEAST_TIME_S", 8.0)
    with zipfile.ZipFile(tmp_path / "x.pt", "w") as archive:
        archive.writestr("x/data.pkl", _laughing(60))
        archive.writestr("x/version", "3\n")
        archive.writestr("x/byteorder", "little")
    start = time.monotonic()
    refused(
        tmp_path / "x.pt",
        "the process that reads it first died, or took more than 8 s. Use the same weights as safetensors",
    )
    assert time.monotonic() - start < 60
    torch.save(GOOD, tmp_path / "good.pt")
    assert read_weights("mine", tmp_path / "good.pt").keys() == {"a"}  # by a new process


def test_a_process_that_dies_is_told(tmp_path: Path) -> None:
    torch.save(GOOD, tmp_path / "x.pt")
    require_harmless(tmp_path / "x.pt")
    process = pickles._reader._process
    assert process is not None
    process.kill()
    process.wait()
    require_harmless(tmp_path / "x.pt")  # a new one is started
    (tmp_path / "y.pt").symlink_to("/dev/null")
    refused(tmp_path / "y.pt", "")


@pytest.mark.parametrize(
    "state",
    [_laughing(3), b"\x80\x02N.", b"", b"\x80\x02", b"(" * 50_000, b"\x80\x02]" + b"]" * 90_000 + b"a" * 90_000],
)
def test_pickles_of_the_older_format(tmp_path: Path, state: bytes) -> None:
    (tmp_path / "x.pt").write_bytes(_legacy(state))
    refused(tmp_path / "x.pt", "")


CLIP = {
    "vision_cfg.layers": [10**7, -1, 0, "many", None, 1.5, [3, 4], 10**30], "text_cfg.layers": [10**7, -1, "x"],
    "vision_cfg.width": [10**9, 0, -8, 7], "text_cfg.width": [10**9, 0], "text_cfg.heads": [0, -1, 7, 10**9],
    "text_cfg.context_length": [10**9, 0, "x"], "text_cfg.vocab_size": [10**12, -1], "embed_dim": [10**9, 0, "x", None, [1]],
    "vision_cfg.patch_size": [0, 10**6, "x"], "vision_cfg.image_size": [10**6, 0], "vision_cfg.head_width": [0, 10**9],
    "unknown": [1], "vision_cfg": [None, 3, []],
}  # fmt: skip
CLAP = {
    "projection_dim": [10**9, 0, "x"], "text_config.num_hidden_layers": [10**7, "x"], "text_config.hidden_size": [10**9, 7],
    "audio_config.depths": [[10**7, 2], "x"], "audio_config.window_size": [10**5, 0], "audio_config": [3],
    "audio_config.patch_embeds_hidden_size": [10**9, 0], "text_config.max_position_embeddings": [10**12],
}  # fmt: skip
VICLIP = {
    "model_cfg.layers": [10**7, 0, "x"],
    "model_cfg.frames": [10**9, -1],
    "model_cfg.width": [10**9],
    "model_cfg": [[], "x"],
}
MEL = {
    "sampling_rate": [0, 10**9, "x"],
    "max_length_s": [0, 10**9],
    "fft_window_size": [10**9, -1],
    "feature_size": [10**9, 0, "x"],
}
CONFIGURATIONS = [
    *[("clip", "config.json", f"model_cfg.{key}", value) for key, values in CLIP.items() for value in values],
    *[("clap", "config.json", key, value) for key, values in CLAP.items() for value in values],
    *[("clap", "preprocessor_config.json", key, value) for key, values in MEL.items() for value in values],
    *[("viclip", "config.json", key, value) for key, values in VICLIP.items() for value in values],
    *[("clip", "config.json", "templates", value) for value in ([], ["no place"], [1], "x", None)],
    *[("clip", "config.json", "image_size", value) for value in (0, -1, "x", 10**9, 1.5, True)],
]


@pytest.mark.parametrize(("family", "file", "key", "value"), CONFIGURATIONS)
def test_configurations(folders: dict[str, Path], tmp_path: Path, family: str, file: str, key: str, value: Any) -> None:
    folder = shutil.copytree(folders[family], tmp_path / family)
    content = json.loads((folder / file).read_text())
    place, *rest = reversed(key.split("."))
    inner = content
    for part in reversed(rest):
        inner = inner[part]
    inner[place] = value
    (folder / file).write_text(json.dumps(content))
    start = time.monotonic()
    with pytest.raises(EncoderError) as caught:
        load_encoder(card(f"{family}:{folder}"), "cpu")
    assert time.monotonic() - start < 20
    assert str(caught.value).startswith("encoder '") and "\n" not in str(caught.value) and len(str(caught.value)) < 1500


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"3", b"{" * 200_000, b"\xff\xfe", b'{"model_cfg": {}}', b"[" * 9_000_000]
)
@pytest.mark.parametrize("family", ["clip", "clap", "viclip"])
def test_configurations_that_are_none(folders: dict[str, Path], tmp_path: Path, family: str, text: bytes) -> None:
    folder = shutil.copytree(folders[family], tmp_path / family)
    (folder / "config.json").write_bytes(text)
    with pytest.raises(EncoderError) as caught:
        card(f"{family}:{folder}")
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 1500


ODD_FILES: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a folder": Path.mkdir,
    "a circle": lambda path: path.symlink_to(path.name),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", ODD_FILES)
@pytest.mark.parametrize(
    ("family", "file"),
    [
        ("clip", "config.json"),
        ("clip", "bpe.txt.gz"),
        ("clip", "model.safetensors"),
        ("clap", "preprocessor_config.json"),
    ],
)
def test_what_is_no_file_is_not_waited_for(
    folders: dict[str, Path], tmp_path: Path, family: str, file: str, kind: str
) -> None:
    folder = shutil.copytree(folders[family], tmp_path / family)
    (folder / file).unlink()
    ODD_FILES[kind](folder / file)
    start = time.monotonic()
    with pytest.raises(MmptError) as caught:
        load_encoder(card(f"{family}:{folder}"), "cpu")
    assert time.monotonic() - start < 20 and "\n" not in str(caught.value)


def test_ten_million_layers_take_little_memory(folders: dict[str, Path], tmp_path: Path) -> None:
    folder = shutil.copytree(folders["clip"], tmp_path / "clip")
    content = json.loads((folder / "config.json").read_text())
    content["model_cfg"]["vision_cfg"]["layers"] = 10**7
    (folder / "config.json").write_text(json.dumps(content))
    script = """
import re, sys
from pathlib import Path
from pipeline.encoders.cards import card
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.load import load_encoder
try:
    load_encoder(card(f"clip:{sys.argv[1]}"), "cpu")
except EncoderError as error:
    # Not ru_maxrss: Linux has a new process begin it with the peak of the one that started it.
    print(error, re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""
    done = subprocess.run([sys.executable, "-c", script, folder], capture_output=True, text=True, check=True)
    told, most = done.stdout.rsplit(maxsplit=1)
    assert "asks for 10,000,000 under 'layers', and its weights hold" in told
    assert int(most) < 1.5 * 2**20  # KiB; it took 7.9 GB


def refused(file: Path, told: str) -> None:
    with pytest.raises(EncoderError) as caught:
        read_weights("mine", file)
    message = str(caught.value)
    assert message.startswith("encoder 'mine': ") and str(file) in message and told in message, message
    assert "\n" not in message and len(message) < 1500
