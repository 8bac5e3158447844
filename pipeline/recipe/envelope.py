"""What recipes of all tasks share."""

from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, Field

from pipeline.recipe.workspace import Workspace
from pipeline.strict import Strict

R = TypeVar("R", bound=BaseModel)


class CacheConfig(Strict):
    """How features are made; only `dtype` and `compute` can change their bytes."""

    dtype: Literal["float16", "float32"] = "float16"
    """In which they are stored."""
    compute: Literal["float32", "float16", "bfloat16"] = "float32"
    """In which encoders compute. Half precision pays on a GPU; how far it moves features stands in each manifest."""
    workers: int = Field(1, ge=0, le=1024)
    timeout_s: float = Field(60.0, gt=0)
    shard_rows: int | None = Field(None, ge=1)
    """Rows of a shard: 256 files or 4,096 texts unless told otherwise. More pay where rows are very many: docs/cluster.md."""
    max_rejected: float = Field(0.5, ge=0, le=1)
    """The run fails when more than this share of a modality's files is rejected."""


class Envelope(Strict):
    """One whole run, from its data to a report."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    workspace: Workspace = Path("workspace")
    cache: CacheConfig = CacheConfig()


def with_absolute_paths(recipe: R) -> R:
    """The same recipe for a process that may stand in another folder; paths inside a recipe's file are absolute already."""
    absolute: R = _absolute(recipe)
    return absolute


def _absolute(value: Any) -> Any:
    if isinstance(value, BaseModel):
        changed = {name: _absolute(part) for name, part in value if _absolute(part) != part}
        return value.model_copy(update=changed) if changed else value
    if isinstance(value, dict):
        return {name: _absolute(part) for name, part in value.items()}
    return value.absolute() if isinstance(value, Path) else value
