"""The `workspace` of a recipe: a folder, or a URL such as s3://bucket/prefix."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator

from pipeline.recipe.paths import absolute_path
from stores.address import Location, is_url, location


def _checked(value: Any) -> Location:
    if isinstance(value, str | Path) or is_url(value):
        return location(value)
    raise ValueError("a workspace is a folder, or a URL such as s3://bucket/prefix")


def from_folder(base: Path, text: str) -> Location:
    """What a recipe in the folder `base` means by this workspace; a URL is one wherever the recipe lies.

    Raises:
        WorkspaceError: the URL cannot be used.
        PathError: the folder cannot be one.
    """
    return location(text) if is_url(text) else absolute_path(base, text)


Workspace = Annotated[Location, PlainValidator(_checked), PlainSerializer(str, when_used="json")]
