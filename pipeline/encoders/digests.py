"""Identity of an encoder's weights, free of torch.

Local files are known by their content. A published checkpoint is known by its name and revision, so that a plan made
on a machine without the weights names the same artifacts as the run that has them.
"""

import hashlib
import json
from functools import lru_cache
from pathlib import Path

_FILES = (
    "bpe.txt.gz",
    "config.json",
    "merges.txt",
    "model.safetensors",
    "preprocessor_config.json",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.json",
)
_NOT_FEATURES = ("templates",)
"""Keys of config.json that cannot change a feature."""


def digest_folder(folder: Path) -> str:
    """Return the sha256 (hex) over those files of an encoder's folder that can change its features."""
    # Pickled weights are read only where there are no others.
    names = _FILES if (folder / "model.safetensors").is_file() else (*_FILES, "pytorch_model.bin")
    parts = [(name, _digest_file(folder / name)) for name in names if (folder / name).is_file()]
    return digest_name(json.dumps(parts))


def digest_files(*files: Path) -> str:
    """Return the sha256 (hex) over the contents of files, in order; their names do not matter."""
    return digest_name(json.dumps([_digest_file(file) for file in files]))


def digest_name(name: str) -> str:
    """Return the sha256 (hex) of a string, such as a published checkpoint's name and revision."""
    return hashlib.sha256(name.encode()).hexdigest()


def _digest_file(file: Path) -> str:
    stat = file.stat()
    return _digest_content(str(file), stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=256)
def _digest_content(file: str, _mtime_ns: int, _size: int) -> str:
    """Hash a file once per process and version of it: a large model's takes seconds."""
    if Path(file).name == "config.json":
        values = json.loads(Path(file).read_text())
        kept = {key: value for key, value in values.items() if key not in _NOT_FEATURES}
        return digest_name(json.dumps(kept, sort_keys=True))
    with open(file, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
