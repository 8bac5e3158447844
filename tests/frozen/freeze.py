"""Fingerprints and plans of every shipped recipe, as plain values; free of torch.

    python tests/frozen/freeze.py FOLDER     writes a file a recipe into FOLDER (tests/frozen, where a change is announced)

Data sets and weights stand there as files of a few fixed bytes: of media and weights only the hash is read. Work goes on in a
temporary folder whose paths are relative, so nothing depends on the machine.
"""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS.parent), str(TESTS / "datasets"), str(TESTS / "datasets/few_shot")]

from few_shot_layouts import IMAGENETS, SPLIT_FILES, write_few_shot  # noqa: E402
from layouts import write_esc50, write_kinetics, write_mscoco  # noqa: E402

from pipeline.cli.options import open_bound  # noqa: E402
from pipeline.evaluation import zero_shot_texts  # noqa: E402
from pipeline.stages.plan import plan_run  # noqa: E402  # noqa: E402
from pipeline.tasks.few_shot.bound import BoundFewShot  # noqa: E402
from pipeline.tasks.few_shot.specs import (  # noqa: E402
    input_specs,
    loop_cut,
    own_sentences,
    prompts_spec,
    result_spec,
    sentences_spec,
)
from pipeline.tasks.load import shipped_recipes  # noqa: E402  # noqa: E402
from pipeline.tasks.registry import task_of  # noqa: E402
from pipeline.tasks.sentences.bound import BoundSentences  # noqa: E402
from pipeline.tasks.sentences.figures import evaluation_spec  # noqa: E402
from pipeline.tasks.sentences.judged import Judged  # noqa: E402
from pipeline.tasks.sentences.lineage import plan_training  # noqa: E402
from pipeline.text.spec import texts_spec  # noqa: E402
from stores import text_key  # noqa: E402

WEIGHTS = ("ViCLIP-B_InternVid-200M.pth", "630k-audioset-best.pt")
_AS_PUBLISHED = ("copl/", "mov/")
"""Recipes that plan with the published numbers as long as nothing is there."""
CLASSES = [f"class {letter}" for letter in "abcdefghijkl"]
"""Twelve, so that one shot of each fills no batch and sixteen of each fill every one."""


def recipes() -> list[str]:
    """Every shipped recipe of every kind."""
    return shipped_recipes()


def frozen(name: str) -> dict[str, Any]:
    """What is frozen of a recipe: its plan in an empty workspace, and the fingerprints of all that a run makes."""
    workspace = Path("workspaces") / name.replace("/", "-")
    bound = open_bound(name, workspace, "cpu", draws=False)
    plan = plan_run(bound)
    prints = dict(_prints(bound))
    steps = [{name: value for name, value in vars(step).items() if name != "seconds"} for step in plan]
    return {"plan": steps, "fingerprints": prints}


def _prints(bound: Any) -> Iterator[tuple[str, str]]:
    if isinstance(bound, BoundFewShot):
        return _few_shot(bound)
    return _sentences(bound) if isinstance(bound, BoundSentences) else _clips(bound)


def _clips(bound: Any) -> Iterator[tuple[str, str]]:
    """Nothing of the clips is there: of published data as many stand there as are listed, of the miniature's as will be drawn."""
    task = task_of(bound.recipe)
    for each in task.inputs(bound):
        yield each.name, each.need.spec(bound.recipe.cache).fingerprint
    for unit in task.units(bound):
        yield f"{unit.method}, seed {unit.seed}", unit.spec.fingerprint
    for trial in task.trials(bound):
        assert trial.spec is not None
        yield f"{trial.what}, seed {trial.unit.seed if trial.unit else '-'}, on {trial.exam}", trial.spec.fingerprint


def _sentences(context: BoundSentences) -> Iterator[tuple[str, str]]:
    for modality in context.labels:
        yield f"texts/{modality}", texts_spec(context.recipe.generate, modality).fingerprint
        yield f"features/texts/{modality}", context.text_features(modality).spec.fingerprint
        yield f"features/media/{modality}", context.media_features(modality).spec.fingerprint
    checkpoint = plan_training(context).spec
    yield "checkpoint", checkpoint.fingerprint
    with context.store.artifact(checkpoint).writer() as writer:
        epochs = range(context.recipe.train.epochs + 1)
        writer.publish([text_key(f"epoch-{epoch:06d}") for epoch in epochs], [b"learned" for _ in epochs])
    config = context.recipe.modalities.values()
    drawn = any(each.data is not None and each.data.layout == "miniature" for each in config)
    # What draws depends on the encoders of pictures and videos; of it no evaluation is frozen.
    rows = {m: () if drawn else context.sources[m].rows for m in context.labels}
    judged = {m: Judged(tuple(found), None, ()) for m, found in rows.items()}
    yield "evaluation", evaluation_spec(context, judged).fingerprint
    for modality, encoder in context.cards.items():
        texts = zero_shot_texts(context.candidates.labels(modality), encoder.templates)
        yield f"zero-shot texts/{modality}", text_key("\n".join(text for template in texts for text in template))


def _few_shot(task: BoundFewShot) -> Iterator[tuple[str, str]]:
    tests = {name: task.judged(name) for name in task.test_sets}
    yield "sentences", sentences_spec(task).fingerprint
    for test, found in tests.items():
        yield f"zero-shot on {test}", result_spec(task, found, True, None, ()).fingerprint
    for name, config in task.recipe.methods.items():
        cut, own = loop_cut(task, config), own_sentences(config)
        for training, what in ((True, "shots"), (False, "test images")):
            for spec in input_specs(task, cut, training):
                yield f"{what}, {spec.fields.get('cut', 'pixels')}", spec.fingerprint
        for seed in task.recipe.seeds:
            prompts = prompts_spec(task, config, seed, task.shots(seed)).fingerprint
            yield f"{name}, seed {seed}", prompts
            for test, found in tests.items():
                yield f"{name}, seed {seed}, on {test}", result_spec(task, found, own, cut, (prompts,)).fingerprint


def _write_world() -> None:
    """Data sets and weights in the folder that we stand in, as shipped recipes name them."""
    data = Path("data")
    for name in [*SPLIT_FILES, "fgvc-aircraft", *IMAGENETS]:
        write_few_shot(name, data, CLASSES, (17, 4, 3), lambda path, _, number: _fixed(path, number) and None)
    shown = [("abseiling",), ("air drumming",)]
    paths = write_kinetics(data / "kinetics400", shown)
    paths += write_mscoco(data / "coco", [("person", "dog"), ("cat",), ()])
    paths += write_esc50(data / "ESC-50-master", [("aeroplane",), ("dog",)])
    for number, path in enumerate(paths):
        _fixed(path, number)
    Path("weights").mkdir()
    for number, name in enumerate(WEIGHTS):
        _fixed(Path("weights", name), number)


def _fixed(path: Path, number: int) -> int:
    return path.write_bytes(f"{path.name} {number}".encode())


def main(folder: Path | None) -> None:
    """Freeze all recipes: into a folder, or onto standard output."""
    with tempfile.TemporaryDirectory() as here:
        found = {}
        os.chdir(here)
        Path("nothing downloaded").mkdir()
        _write_world()
        for name in recipes():
            os.chdir(Path(here, "nothing downloaded") if name.startswith(_AS_PUBLISHED) else here)
            found[name] = frozen(name)
        os.chdir("/")
    assert "torch" not in sys.modules, "a plan needs no torch"
    if folder is None:
        print(json.dumps(found))
        return
    for name, values in found.items():
        text = json.dumps(values, indent=1, sort_keys=True) + "\n"
        (folder / f"{name.replace('/', '-')}.json").write_text(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None)
