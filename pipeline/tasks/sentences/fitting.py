"""Whether the parts of a recipe fit each other, told before anything is made of them."""

from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.errors import TrainError


def check(context: BoundSentences) -> None:
    """Tell what can be told of encoders and media before a language model works for hours.

    Raises:
        TrainError: encoders have outputs of different widths.
        DatasetError: media are not where they should be.
    """
    require_one_width(context)
    _ = context.sources, context.validation  # they are looked up here, once for all stages


def require_one_width(context: BoundSentences) -> None:
    """Check that prompts can be compared across modalities, where they are.

    Raises:
        TrainError: their encoders have outputs of different widths.
    """
    config, dims = context.learning, context.widths
    shown = ", ".join(f"{context.cards[m].name} ({m}): {d}" for m, d in dims.items())
    if len(set(dims.values())) < 2:
        return
    if config.weak is not None and config.lambda_inter > 0 and config.inter_through == "features":
        raise TrainError(
            "inter_through: features compares prompts of all modalities, so their encoders must share one width. "
            f"Found: {shown}. Choose encoders of one width, or write train: {{inter_through: similarities}}."
        )
    if config.prompt == "shared-inter-512":
        raise TrainError(
            "prompt: shared-inter-512 maps the prompts of all modalities by one layer, so their encoders must share one width. "
            f"Found: {shown}. Choose encoders of one width, or leave prompt out."
        )
