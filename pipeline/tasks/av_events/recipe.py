"""The shape of a recipe of audio-visual events; free of torch."""

from pydantic import Field

from pipeline.methods.copl.config import CoplOptions
from pipeline.recipe.av_data import AvData
from pipeline.tasks.av.recipe import AvRecipe


class AvEventsRecipe(AvRecipe):
    """Events of clips, a class or background a second, learned from picture and sound with frozen towers."""

    events: AvData
    """The clips, and what happens in which of their seconds."""
    methods: dict[str, CoplOptions] = Field(min_length=1)
    """What is learned and compared, in order: a name of yours -> its options. Each is shown beside the one before it."""
