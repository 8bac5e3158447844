"""`weights ls` and `weights fetch`, against a hub on loopback: sizes, digests, half a file gone on with, and what is refused."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hub_server import Hub, serving

ROOT = Path(__file__).parents[2]
REPO = "timm/swinv2_large_window12_192.ms_in22k"
WEIGHTS = np.random.default_rng(0).bytes(30_000_000)
FILES = {"config.json": b"{}", "model.safetensors": WEIGHTS, "pytorch_model.bin": b"old", "README.md": b"not needed"}
Program = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def hub() -> Hub:
    return Hub({REPO: FILES})


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The program with a hub, and a cache of its own."""

    def called(address: str, *words: str) -> "subprocess.CompletedProcess[str]":
        environment = {
            **os.environ, "HF_ENDPOINT": address, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "0",
            "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        return subprocess.run(
            [sys.executable, "-m", "pipeline.cli.app", "weights", *words, "-w", str(tmp_path / "workspace")],
            cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    return called


def test_a_recipe_s_files_are_listed_then_fetched_then_here(hub: Hub, program: Program) -> None:
    with serving(hub) as address:
        told = json.loads(program(address, "ls", "copl/ave", "--json").stdout)
        assert {(each["file"], each["size"], each["here"]) for each in told} == {
            ("config.json", 2, None), ("model.safetensors", len(WEIGHTS), None),
        }  # fmt: skip
        assert told[1]["sha256"] == hashlib.sha256(WEIGHTS).hexdigest()
        shown = program(address, "ls", "copl/ave").stdout
        assert "To fetch: 30.0 MB. Fetch them: mmpt-pipeline weights fetch copl/ave" in shown
        done = program(address, "fetch", "copl/ave")
        assert done.returncode == 0 and done.stdout.splitlines()[-1] == "2 files fetched, 30.0 MB.", done.stderr
        hub.asked.clear()
        assert program(address, "fetch", "copl/ave").stdout == "All of them are here.\n"
        assert not [name for _, name, _ in hub.asked if name], "what is here is not asked for again"
        found = {each["file"]: each["here"] for each in json.loads(program(address, "ls", "copl/ave", "--json").stdout)}
    assert Path(found["model.safetensors"]).read_bytes() == WEIGHTS
    offline = json.loads(program("http://127.0.0.1:9", "ls", "copl/ave", "--offline", "--json").stdout)
    assert {each["file"] for each in offline} == {"config.json", "model.safetensors"}
    assert all(each["here"] for each in offline)


def test_half_a_file_is_gone_on_with(hub: Hub, program: Program, tmp_path: Path) -> None:
    hub.breaks.add("model.safetensors")
    with serving(hub) as address:
        done = program(address, "fetch", "copl/ave")
        if done.returncode:
            done = program(address, "fetch", "copl/ave")
        assert done.returncode == 0, done.stderr
    ranges = [asked for method, name, asked in hub.asked if (method, name) == ("GET", "model.safetensors")]
    assert len(ranges) > 1 and int(ranges[-1].removeprefix("bytes=").partition("-")[0]) > 0, ranges
    (blob,) = (tmp_path / "hf/hub").rglob("snapshots/*/model.safetensors")
    assert blob.read_bytes() == WEIGHTS


def test_what_is_not_what_the_hub_says_is_deleted(hub: Hub, program: Program, tmp_path: Path) -> None:
    hub.spoiled.add("model.safetensors")
    with serving(hub) as address:
        done = program(address, "fetch", "copl/ave")
    assert done.returncode == 2 and "came with the digest" in done.stderr and "type the command again" in done.stderr
    assert not [path for path in (tmp_path / "hf/hub").rglob("*") if path.is_file() and path.stat().st_size > 10**6]


def test_who_cannot_be_asked_and_who_does_not_give(program: Program) -> None:
    with serving(Hub({})) as address:
        done = program(address, "ls", "copl/ave")
        assert done.returncode == 2 and f"the hub does not give '{REPO}' to us" in done.stderr
        assert "hf auth login" in done.stderr
    done = program("http://127.0.0.1:9", "fetch", "copl/ave")
    assert done.returncode == 2 and f"the hub cannot be asked for {REPO}" in done.stderr
    assert "Traceback" not in done.stderr
    shown = program("http://127.0.0.1:9", "ls", "copl/ave").stdout
    assert "To fetch: nobody knows how much, for the hub could not be asked." in shown
    shown = program("http://127.0.0.1:9", "ls", "copl/ave", "--offline").stdout
    assert "To fetch: nobody knows how much, for the hub was not asked." in shown


def test_what_ships_is_here(program: Program) -> None:
    done = program("http://127.0.0.1:9", "ls", "miniature")
    assert done.returncode == 0 and done.stdout.splitlines()[-1] == "All of them are here."
    assert "miniature-llama" in done.stdout and "model.safetensors" in done.stdout


def test_towers_that_only_run_while_prompts_are_learned_are_listed(program: Program, tmp_path: Path) -> None:
    recipe = tmp_path / "paper.yaml"
    recipe.write_text(
        "name: paper\nevents: {layout: miniature, train: 8, val: 1, test: 1}\n"
        "encoders: {visual: miniature-swin}\nmethods: {copl: {epochs: 1}}\nseeds: [0]\n"
    )
    done = program("http://127.0.0.1:9", "ls", str(recipe), "--json")
    assert {each["what"] for each in json.loads(done.stdout)} == {"miniature-swin"}, done.stderr
