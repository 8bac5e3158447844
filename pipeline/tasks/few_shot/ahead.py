"""What a run will read of images and names, made before anything is learned.

So an image that cannot be decoded is told at once and not after hours of learning, and where there are workers all of them share
the encoding; then each learns by itself.
"""

from collections.abc import Iterator

from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.cache import cache_inputs, cached_texts
from pipeline.tasks.few_shot.files import Labelled
from pipeline.tasks.few_shot.learn import is_learned
from pipeline.tasks.few_shot.specs import RESULT, loop_cut, own_sentences, prompts_spec, result_spec
from stores import ArtifactSpec

Wanted = tuple[Labelled, str | None, bool, bool]
"""Files, the cut at which they are read, whether they are shots, whether their data set's own sentences are said."""


def cache_ahead(task: BoundFewShot) -> None:
    """Make the inputs of whatever is not learned or judged yet.

    Raises:
        FewShotError: an image cannot be decoded.
    """
    done: set[Wanted] = set()
    for wanted in _wanted(task):
        if wanted not in done:
            done.add(wanted)
            found, cut, training, own = wanted
            cache_inputs(task, found.rows, cut, training)
            cached_texts(task, task.prompts(found, own))


def _wanted(task: BoundFewShot) -> Iterator[Wanted]:
    """In the order in which they are read."""
    tests = [task.judged(name) for name in task.test_sets]
    yield from ((test, None, False, True) for test in tests if not _is_judged(task, test, True, None, ()))
    for config in task.recipe.methods.values():
        cut, own = loop_cut(task, config), own_sentences(config)
        for seed in task.recipe.seeds:
            shots = task.shots(seed)
            if not is_learned(task, config, seed, shots):
                yield shots, cut, True, own
            prompts = (prompts_spec(task, config, seed, shots).fingerprint,)
            yield from ((test, cut, False, own) for test in tests if not _is_judged(task, test, own, cut, prompts))


def _is_judged(task: BoundFewShot, found: Labelled, own: bool, cut: str | None, prompts: tuple[str, ...]) -> bool:
    spec: ArtifactSpec = result_spec(task, found, own, cut, prompts)
    return not task.store.artifact(spec).missing([RESULT])
