"""Weights files of every format, and what must not be loaded; nothing here may run code of a file."""

import os
import pickle
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from pipeline.encoders.errors import EncoderError
from pipeline.encoders.weights import load_strictly, read_weights, without_prefix

STATE = {"a.weight": torch.arange(6.0).view(2, 3), "a.bias": torch.tensor([0.5, -1.0], dtype=torch.float16)}


class Bomb:
    """Makes a file when it is unpickled by somebody who lets it."""

    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return os.mkdir, (str(self.target),)


def write(path, kind):
    saved = {
        "safetensors": lambda: save_file(STATE, path),
        "zip": lambda: torch.save(STATE, path),
        "legacy": lambda: torch.save(STATE, path, _use_new_zipfile_serialization=False),
        "under state_dict": lambda: torch.save({"epoch": 3, "name": "run", "state_dict": STATE}, path),
        "under model": lambda: torch.save({"model": STATE, "optimizer": {"lr": np.float64(1e-4)}}, path),
        "old numpy": lambda: torch.save({"state_dict": STATE, "lr": np.float64(1e-4)}, path),
    }
    saved[kind]()
    return path


def refusal(path, **options):
    with pytest.raises(EncoderError) as error:
        read_weights("mine", path, **options)
    assert str(error.value).startswith(f"encoder 'mine': {str(path)!r} ")
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("x.safetensors", "safetensors"),
        ("x.pt", "zip"),
        ("x.bin", "zip"),
        ("x.pth", "legacy"),
        ("x.pt", "under state_dict"),
        ("x.pth", "under model"),
    ],
)
def test_every_format_gives_the_same_tensors(tmp_path, name, kind):
    read = read_weights("mine", write(tmp_path / name, kind), inside=("state_dict", "model"))
    assert read.keys() == STATE.keys()
    for key, value in STATE.items():
        torch.testing.assert_close(read[key], value, atol=0, rtol=0)


def test_a_learning_rate_of_numpy_is_passed_over_and_numpy_is_not_called(tmp_path):
    path = write(tmp_path / "x.pt", "under model")
    with pytest.raises(pickle.UnpicklingError, match="multiarray.scalar"):
        torch.load(path, weights_only=True)
    assert read_weights("mine", path, inside=("model",)).keys() == STATE.keys()
    old = tmp_path / "old.pt"
    with zipfile.ZipFile(path) as new, zipfile.ZipFile(old, "w") as written:
        for entry in new.infolist():
            written.writestr(entry.filename, new.read(entry).replace(b"numpy._core.multi", b"numpy.core.multi"))
    assert read_weights("mine", old, inside=("model",)).keys() == STATE.keys()
    torch.save({"a.weight": np.float64(1.0)}, path)
    assert "holds the keys 'a.weight', not tensors by name" in refusal(path)


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("place", ["top", "beside", "inside"])
def test_a_pickle_that_would_run_code_is_refused_and_runs_none(tmp_path, legacy, place):
    bomb = Bomb(tmp_path / "exploded")
    content = {"top": bomb, "beside": {"state_dict": STATE, "args": bomb}, "inside": {**STATE, "b": bomb}}[place]
    path = tmp_path / "x.pt"
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    message = refusal(path, inside=("state_dict",))
    assert "holds more than tensors and is not loaded, because reading it could run code" in message
    assert "Use weights as safetensors, or a checkpoint of tensors only" in message
    assert not (tmp_path / "exploded").exists()
    torch.load(path, weights_only=False)
    assert (tmp_path / "exploded").exists(), "the bomb must be live for this test to say anything"


def test_a_plain_pickle_is_refused_and_runs_nothing(tmp_path):
    path = tmp_path / "x.bin"
    path.write_bytes(pickle.dumps(Bomb(tmp_path / "exploded"), protocol=4))
    refusal(path)
    assert not (tmp_path / "exploded").exists()


def test_torchscript_is_refused_with_what_to_use_instead(tmp_path):
    path = tmp_path / "ViT-B-16.pt"
    with zipfile.ZipFile(path, "w") as archive:  # the parts that torch.jit.save writes and torch.save does not
        archive.writestr("archive/constants.pkl", pickle.dumps(()))
        archive.writestr("archive/data.pkl", pickle.dumps({}))
        archive.writestr("archive/code/__torch__.py", "import os")
    assert "is a TorchScript program, which is never loaded because it can run code." in refusal(path)
    assert "as safetensors: the pretrained tag or hub id of open_clip has them" in refusal(path)


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_a_real_torchscript_file_is_refused_too(tmp_path):
    torch.jit.save(torch.jit.trace(torch.nn.Linear(2, 2), torch.zeros(1, 2)), str(tmp_path / "x.pt"))
    assert "is a TorchScript program" in refusal(tmp_path / "x.pt")


def test_an_archive_that_would_unfold_is_refused(tmp_path):
    path, packed = write(tmp_path / "x.pt", "zip"), tmp_path / "packed.pt"
    with zipfile.ZipFile(path) as plain, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as written:
        for entry in plain.infolist():
            written.writestr(entry.filename, plain.read(entry))
    assert "is packed (x/data.pkl), which PyTorch never writes" in refusal(packed)


@pytest.mark.parametrize("kind", ["safetensors", "zip", "legacy"])
@pytest.mark.parametrize("keep", [0, 1, 7, 60, 0.5, 0.95])
def test_a_truncated_file_is_refused(tmp_path, kind, keep):
    path = write(tmp_path / ("x.safetensors" if kind == "safetensors" else "x.pt"), kind)
    whole = path.read_bytes()
    path.write_bytes(whole[: keep if isinstance(keep, int) else int(len(whole) * keep)])
    assert re.search("is no safetensors file|is damaged or no PyTorch checkpoint .*Download it again", refusal(path))


@pytest.mark.parametrize("kind", ["zip", "legacy"])
def test_flipped_bytes_are_refused_or_change_numbers_only(tmp_path, kind):
    path = write(tmp_path / "x.pt", kind)
    whole, rng, refused = path.read_bytes(), np.random.default_rng(0), 0
    for _ in range(150):
        damaged = bytearray(whole)
        for place in rng.integers(0, len(whole), 8):
            damaged[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        try:
            read = read_weights("mine", path)
        except EncoderError:
            refused += 1
        else:
            assert all(isinstance(value, torch.Tensor) for value in read.values())
    assert refused > 20


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ([1, 2], "holds a list"),
        (torch.zeros(3), "holds a Tensor"),
        ({}, "holds nothing"),
        ({"weights": STATE, "step": 3}, "holds the keys 'weights', 'step'"),
        ({"state_dict": [1]}, "holds the keys 'state_dict'"),
    ],
)
def test_a_checkpoint_without_tensors_by_name_is_refused(tmp_path, content, found):
    torch.save(content, tmp_path / "x.pt")
    message = refusal(tmp_path / "x.pt", inside=("state_dict",))
    assert f"{found}, not tensors by name, on top or under 'state_dict'" in message


def test_files_of_another_format_are_refused(tmp_path):
    save_file(STATE, tmp_path / "really.safetensors")
    (tmp_path / "x.pt").write_bytes((tmp_path / "really.safetensors").read_bytes())
    assert "is damaged or no PyTorch checkpoint" in refusal(tmp_path / "x.pt")
    torch.save(STATE, tmp_path / "x.safetensors")
    assert "is no safetensors file" in refusal(tmp_path / "x.safetensors")
    with pytest.raises(EncoderError, match="there is no weights file 'gone.pt'"):
        read_weights("mine", Path("gone.pt"))


def test_a_prefix_is_taken_off_only_if_all_names_have_it():
    wrapped = {f"module.{name}": value for name, value in STATE.items()}
    assert without_prefix(wrapped, "module.").keys() == STATE.keys()
    mixed = {**wrapped, "other": torch.zeros(1)}
    assert without_prefix(mixed, "module.").keys() == mixed.keys()


def test_tensors_of_a_mapped_file_outlive_it_and_load_strictly(tmp_path):
    path = write(tmp_path / "x.pt", "zip")
    read = read_weights("mine", path)
    path.unlink()
    model = torch.nn.ModuleDict({"a": torch.nn.Linear(3, 2)})
    load_strictly("mine", model, read)
    torch.testing.assert_close(model["a"].weight.data, STATE["a.weight"], atol=0, rtol=0)
    misshapen = {"a.weight": torch.zeros(4, 3), "a.bias": torch.zeros(2)}
    with pytest.raises(EncoderError, match=r"1 of another shape: a.bias \(2,\) for \(4,\)"):
        load_strictly("mine", torch.nn.ModuleDict({"a": torch.nn.Linear(3, 4)}), misshapen)
