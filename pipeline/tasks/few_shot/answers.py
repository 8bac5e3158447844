"""What a learned method says of a user's own images, by its checkpoint alone: shots and test images need not be there."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.encoders.cards import text_card
from pipeline.methods.base import why_not
from pipeline.methods.registry import method_of
from pipeline.records import RunRecord
from pipeline.tasks.asking import Asking, when_needed
from pipeline.tasks.few_shot.bound import encoder_card, template_of
from pipeline.tasks.few_shot.errors import FewShotError
from pipeline.tasks.few_shot.recipe import FewShotRecipe
from pipeline.tasks.few_shot.specs import own_sentences
from pipeline.tasks.published import best, meant
from pipeline.training.checkpoint import Checkpoints
from stores import Artifact, Store

if TYPE_CHECKING:
    from pipeline.classify import Rows
    from pipeline.predictions import Prediction


def answer(store: Store, record: RunRecord, asking: Asking) -> "list[Prediction]":
    """The most probable classes of each image; a file that cannot be read has an error instead.

    Args:
        store: of the run.
        record: of the run.
        asking: about which images, and whose answers; without labels the classes that were learned are chosen from.

    Raises:
        FewShotError: the run has no such method or seed, or the method cannot choose among these names.
    """
    from pipeline.classify import Knows, answer_files, answer_texts

    asking.refuse_sentences(FewShotError, "labelled images")
    recipe = FewShotRecipe.model_validate(record.recipe)
    method, seed = chosen(recipe, asking.method, asking.seed)
    checkpoints = store.find(record.artifacts[f"prompts/{method}/{seed}"])
    learned = checkpoints.spec.fields["classes"]
    classes = tuple(asking.labels or learned)
    if reason := why_not(method_of(recipe.methods[method]), learned, classes):
        raise FewShotError(f"--labels: {reason}. Leave --labels out, or choose another method with --method")
    found = encoder_card(recipe)
    known = Knows(found, classes, _rows(recipe, method, seed, checkpoints, classes, asking.device))
    knows: dict[str, Knows] = {recipe.modality: known}
    cache = recipe.cache
    answers = answer_files(knows, asking.files, top=asking.top, workers=cache.workers, timeout_s=cache.timeout_s)
    return answers + answer_texts(knows, asking.texts, top=asking.top)


def chosen(recipe: FewShotRecipe, method: str | None, seed: int | None) -> tuple[str, int]:
    """Whose answers are meant: what is asked for, else what the recipe publishes, else its first method and seed.

    Raises:
        FewShotError: the recipe has no such method or seed.
    """
    own = best(recipe, (), lambda *_: None, next(iter(recipe.methods)))
    return meant(recipe, recipe.methods, own, method, seed, FewShotError)


def _rows(
    recipe: FewShotRecipe, method: str, seed: int, checkpoints: Artifact, classes: Sequence[str], device: str
) -> "Rows":
    """Probabilities as the last iteration has them; encoder and prompts are loaded for the first file."""
    model = when_needed(lambda: _model(recipe, method, seed, checkpoints, classes, device))
    return lambda contents: np.asarray(model()(contents))


def _model(
    recipe: FewShotRecipe, method: str, seed: int, checkpoints: Artifact, classes: Sequence[str], device: str
) -> Any:
    import torch

    from pipeline.encoders.load import load_encoder
    from pipeline.methods.few_shot.task import ClassTexts, Shots
    from pipeline.tasks.few_shot.learn import learner_of, load_learned, task_device, tokens_of, towers_of
    from pipeline.tasks.few_shot.specs import image_cut

    config, found = recipe.methods[method], encoder_card(recipe)
    encoder = load_encoder(found, device, recipe.cache.compute)
    cut = image_cut(recipe, found, config)
    towers = towers_of(recipe, encoder, cut)
    learner = learner_of(config, towers, found.dim, seed)
    load_learned(learner, Checkpoints(checkpoints), checkpoints.spec.fields["classes"])
    learner.to(task_device(encoder))
    template = template_of(recipe.modality, found, recipe.data.layout, own_sentences(config))
    reader = encoder if text_card(found) == found else load_encoder(text_card(found), device, recipe.cache.compute)
    ids = reader.collate(reader.tokenize([template.format(name) for name in classes]))
    with torch.no_grad():
        features = reader.text.full(ids).float()
    texts = ClassTexts(features, tokens_of(encoder, config, classes), tuple(classes))

    @torch.no_grad()
    def shares(contents: Sequence[np.ndarray]) -> NDArray[np.float32]:
        pixels = encoder.batch(contents)
        features = encoder.media.lower(pixels, "output")["vectors"].float()
        activations = towers.image.lower(pixels, towers.cut) if cut is not None else {}
        nothing = torch.zeros(len(contents), dtype=torch.int64, device=features.device)
        logits = learner(Shots(features, activations, nothing), texts)[-1]
        return np.asarray(logits.softmax(-1).float().cpu().numpy())

    return shares
