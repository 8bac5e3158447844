"""Seeds of a recipe whose figures are means over them."""

from typing import Annotated

from pydantic import AfterValidator, Field


def each_counts_once(seeds: tuple[int, ...]) -> tuple[int, ...]:
    """The seeds, if each is named once.

    Raises:
        ValueError: one is named twice, or is below 0.
    """
    if len(set(seeds)) < len(seeds) or min(seeds) < 0:
        raise ValueError("seeds are whole numbers from 0; figures are means over them, so each is named once")
    return seeds


Seeds = Annotated[tuple[int, ...], Field(min_length=1), AfterValidator(each_counts_once)]
