"""Does TaAM-CPT beat zero-shot in the miniature world, and does inter-modal learning help the weak modality?

Three seeds; each draws its own media, writes its own sentences, and initialises and shuffles by itself. Beside the shipped recipe
(inter-modal learning on, weak modality chosen automatically) the same texts are learned with it off. As a control, a class
is the plain mean of the features of its sentences, without learning: it tells what the sentences give and what prompts add.

    .venv/bin/python benchmarks/miniature_accuracy.py --workspace workspace-accuracy
"""

import argparse
import json
import sys
from collections import defaultdict
from pathlib import Path
from statistics import mean, stdev

import numpy as np

from pipeline.evaluation import evaluate_modality
from pipeline.stages.cache import cache
from pipeline.stages.evaluate import evaluate
from pipeline.stages.generate import generate
from pipeline.stages.train import train
from pipeline.tasks.load import load_recipe
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.judged import judged
from pipeline.tasks.sentences.recipe import Recipe
from pipeline.telemetry.progress import Progress
from stores import text_key

Scores = dict[str, dict[str, float]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path, default=Path("workspace-accuracy"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    runs, weak = [], []
    for seed in options.seeds:
        scores, guided = one_seed(options.workspace, seed)
        runs.append(scores)
        weak.append(guided)
    if options.json:
        print(json.dumps({"seeds": options.seeds, "weak": weak, "scores": runs}, indent=1))
    else:
        tell(runs, weak)


def one_seed(workspace: Path, seed: int) -> tuple[Scores, str | None]:
    """Primary metric, percent, by modality and method; and which modality was guided in the last epoch."""
    scores: Scores = defaultdict(dict)
    guided = None
    for inter in (True, False):
        context = BoundSentences(recipe(workspace, seed, inter), "auto", Progress.on_stderr())
        generate(context)
        cache(context)
        learned = train(context)
        guided = learned.weak if inter else guided
        for modality in evaluate(context).modalities:
            if inter and modality.published is not None:
                scores[modality.modality]["published"] = 100 * modality.published.metrics[modality.primary]
            for method in modality.methods:
                trained = method.kind == "trained"
                if not method.metrics or not inter and not trained:
                    continue
                name = method.name + (", inter off" if trained and not inter else "")
                scores[modality.modality][name] = 100 * method.metrics[modality.primary]
    for modality in scores:
        scores[modality]["mean of its sentences (control)"] = control(context, modality)
    return dict(scores), guided


def control(context: BoundSentences, modality: str) -> float:
    """Primary metric, percent, where a class is the mean of the normalised features of its sentences."""
    sentences, labels = context.sentences(modality), context.candidates.labels(modality)
    features = context.text_features(modality).arrays([text_key(sentence.text) for sentence in sentences])["vectors"]
    units = features / np.linalg.norm(features.astype(np.float32), axis=1, keepdims=True)
    means = [units[[label in sentence.labels for sentence in sentences]].mean(0) for label in labels]
    files = judged(context, modality)
    result = evaluate_modality(modality, files.rows, labels, files.features, {"control": np.stack(means)})
    return 100 * result.methods[0].metrics[result.primary]


def recipe(workspace: Path, seed: int, inter: bool) -> Recipe:
    """The shipped recipe with other seeds."""
    content = load_recipe("miniature", workspace).model_dump(mode="json")
    content |= {"name": f"accuracy-{seed}-{'on' if inter else 'off'}", "seed": seed}
    content["generate"]["seed"] = seed
    for modality in content["modalities"].values():
        modality["data"]["seed"] = 2000 + seed
    if not inter:
        content["train"]["lambda_inter"] = 0.0  # the same sentences are held out, only the loss goes
    return Recipe.model_validate(content)


def tell(runs: list[Scores], weak: list[str | None]) -> None:
    """A table of means and standard deviations over the seeds."""
    print(f"primary metric (image: mAP, others: top-1), percent, mean ± deviation over {len(runs)} seeds")
    for modality in runs[0]:
        print(modality)
        for method in runs[0][modality]:
            values = [run[modality][method] for run in runs]
            spread = stdev(values) if len(values) > 1 else 0.0
            print(f"  {method:<32} {mean(values):5.1f} ± {spread:.1f}   {[round(v, 1) for v in values]}")
    print(f"weak modality in the last epoch, by seed: {weak}")
    ratio = {
        m: mean(r[m]["TaAM-CPT"] - max(v for k, v in r[m].items() if k.startswith("zero-shot")) for r in runs)
        for m in runs[0]
    }
    print("TaAM-CPT minus the better zero-shot baseline: " + ", ".join(f"{m} {v:+.1f}" for m, v in ratio.items()))


if __name__ == "__main__":
    sys.exit(main())
