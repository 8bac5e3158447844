"""The base of every configuration model.

Unknown keys are errors, numbers are finite and of a size that means something, values cannot be changed afterwards.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

MOST = 10**9
"""No count, size or time of a recipe is larger; what is, is a slip of the hand, and would be worked at for ever."""
MOST_OF_A_SEED = 2**64 - 1
"""Generators of random numbers take no larger one."""


class Strict(BaseModel):
    """A frozen pydantic model that forbids keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=(), allow_inf_nan=False)

    @field_validator("*", mode="after")
    @classmethod
    def _is_of_a_size(cls, value: Any, info: ValidationInfo) -> Any:
        most = MOST_OF_A_SEED if "seed" in (info.field_name or "") else MOST
        if any(abs(number) > most for number in _numbers(value)):
            raise ValueError(f"a number here is at most {most:,}")
        return value


def _numbers(value: Any) -> Iterator[int | float]:
    if isinstance(value, int | float):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _numbers(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _numbers(part)
