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
    meets = config.weak is not None and config.lambda_inter > 0 or config.prompt == "shared-inter-512"
    if len(set(dims.values())) > 1 and meets:
        shown = ", ".join(f"{context.cards[m].name} ({m}): {d}" for m, d in dims.items())
        raise TrainError(
            f"inter-modal learning compares prompts of all modalities, so their encoders must share one width. "
            f"Found: {shown}. Choose encoders of one width, or leave weak and prompt out: each modality then learns by itself."
        )
