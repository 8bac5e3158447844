"""What the parts of a result have in common."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """A part of a result: it does not change, and has no field that is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def without(values: dict[str, Any], name: str) -> dict[str, Any]:
    """What is written of a value, without a later part that it does not have: older results keep their bytes."""
    return {each: value for each, value in values.items() if each != name or value is not None}
