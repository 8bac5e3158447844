"""The GPU image names the Python of its vLLM by a variable, so that recipes say nothing of where they run."""

import sys
from pathlib import Path

import pytest

from pipeline.text.engines.base import Sampling
from pipeline.text.engines.vllm_process import VllmEngine
from pipeline.text.errors import EngineError
from pipeline.text.models import model_source
from pipeline.text.settings import VllmConfig


def told(**settings: object) -> str:
    """Why vLLM does not start."""
    with pytest.raises(EngineError) as caught:
        VllmEngine.load(
            model_source("miniature-llama"), Sampling(0.9, 20, 0.95, 60), settings=VllmConfig.model_validate(settings)
        )
    return str(caught.value)


@pytest.fixture
def stand_in(tmp_path: Path) -> Path:
    """A Python that says who it is where vLLM would say that it is ready."""
    program = tmp_path / "python"
    answer = r"b'{\"error\": \"the stand-in was started\"}\n'"
    program.write_text(f"#!{sys.executable}\nimport os, sys\nos.write(int(sys.argv[3]), {answer})\n")
    program.chmod(0o755)
    return program


def test_the_variable_is_taken_where_the_recipe_names_none(stand_in: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMPT_VLLM_PYTHON", str(stand_in))
    assert "the stand-in was started" in told()
    assert told(python="/nowhere/python").startswith("generate: vllm.python is /nowhere/python, and there is no such")


def test_the_recipe_comes_first(stand_in: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMPT_VLLM_PYTHON", "/nowhere/python")
    assert "the stand-in was started" in told(python=str(stand_in))
    assert told().startswith("generate: MMPT_VLLM_PYTHON is /nowhere/python, and there is no such file")
