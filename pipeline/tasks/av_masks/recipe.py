"""The shape of a recipe of sounding objects; free of torch."""

from pydantic import Field

from pipeline.methods.copl.masks.config import MasksOptions
from pipeline.recipe.mask_data import MaskData
from pipeline.tasks.av.recipe import AvRecipe


class AvMasksRecipe(AvRecipe):
    """Masks of what sounds in clips, one a second, learned from picture and sound with frozen towers."""

    masks: MaskData
    """The clips, and the masks of what sounds in their seconds."""
    methods: dict[str, MasksOptions] = Field(min_length=1)
    """What is learned and compared, in order: a name of yours -> its options. Each is shown beside the one before it."""
