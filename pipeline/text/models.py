"""Where a language model lies and what identifies it, free of torch.

A folder is known by the content of its files. A model of the hub is known by its id and revision, so that a
plan made on a machine without the weights names the same artifact as the run that has them.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pipeline.recipe.paths import absolute_path
from pipeline.text.errors import ModelNotFound

__all__ = ["MINIATURE_LLAMA", "ModelSource", "model_source"]

MINIATURE_LLAMA = "miniature-llama"

_MINIATURE_FOLDER = Path(__file__).parents[1] / "miniature" / "weights" / "llama"
_MODEL_FILES = (
    "*.safetensors",
    "*.bin",
    "config.json",
    "generation_config.json",  # says which tokens end an answer
    "special_tokens_map.json",
    "added_tokens.json",
    "tokenizer*",
    "*.model",
    "vocab.*",
    "merges.txt",
    "*.jinja",
)


@dataclass(frozen=True)
class ModelSource:
    """A language model that can be loaded.

    Attributes:
        location: Folder, or hub id.
        revision: Of a hub id; None for a folder.
        digest: Identity of everything that can change what the model writes, hex or "hub:id@revision".
    """

    location: str
    revision: str | None
    digest: str


def model_source(name: str, revision: str = "main") -> ModelSource:
    """Look a model up.

    Args:
        name: "miniature-llama", a folder in the layout of transformers, or a hub id such as
            "meta-llama/Llama-2-7b-hf".
        revision: Of a hub id.

    Raises:
        ModelNotFound: The name is none of these, or the folder holds no model.
    """
    folder = _MINIATURE_FOLDER if name == MINIATURE_LLAMA else absolute_path(Path(), name)
    if folder.is_dir():
        return ModelSource(str(folder), None, _folder_digest(name, folder))
    if name == MINIATURE_LLAMA or name.startswith((".", "/", "~")) or name.count("/") != 1:
        raise ModelNotFound(_not_found(name, folder))
    return ModelSource(name, revision, f"hub:{name}@{revision}")


def chat_template(source: ModelSource) -> str:
    """The chat template of a model in a folder, as its files hold it; "" of a model of the hub, and where there is none."""
    folder = Path(source.location)
    if source.revision is not None:
        return ""
    files = [*sorted(folder.glob("*.jinja")), folder / "tokenizer_config.json"]
    return "\n".join(_file_text(str(file), file.stat().st_mtime_ns) for file in files if file.is_file())


def _folder_digest(name: str, folder: Path) -> str:
    files = sorted({file for pattern in _MODEL_FILES for file in folder.glob(pattern)})
    if not (folder / "config.json").is_file() or not any(file.suffix in (".safetensors", ".bin") for file in files):
        raise ModelNotFound(_not_found(name, folder))
    parts = [f"{file.name}={_file_digest(str(file), file.stat().st_mtime_ns)}" for file in files]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@lru_cache(maxsize=256)
def _file_digest(file: str, _mtime_ns: int) -> str:
    """Hash a file once per process and version of it: 13 GB take a quarter of a minute."""
    with open(file, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


@lru_cache(maxsize=64)
def _file_text(file: str, _mtime_ns: int) -> str:
    return Path(file).read_text("utf-8", "replace")


def _not_found(name: str, folder: Path) -> str:
    if name == MINIATURE_LLAMA:
        return (
            f"the weights of '{name}' are not in {folder}. They ship with the package; make them again with: "
            "mmpt-pipeline miniature build --only llama"
        )
    if name.endswith(".gguf") or any(folder.glob("*.gguf")):
        return (
            f"generate: the language model '{name}' is GGUF, which no engine here loads by itself. Serve it with llama.cpp and "
            "ask the server: llama-server -m FILE.gguf --port 8080, then engine: openai and server: {url: "
            "http://127.0.0.1:8080/v1}; or make a folder in the layout of transformers of it "
            "(AutoModelForCausalLM.from_pretrained(FOLDER, gguf_file=FILE), then save_pretrained) and give that: docs/texts.md"
        )
    found = "has no config.json with weights beside it" if folder.is_dir() else "does not exist"
    return (
        f"generate: the language model '{name}' was not found: the folder {folder} {found}. "
        f"Give '{MINIATURE_LLAMA}', a folder in the layout of transformers (config.json, *.safetensors, "
        "tokenizer files), or a hub id such as 'meta-llama/Llama-2-7b-hf'"
    )
