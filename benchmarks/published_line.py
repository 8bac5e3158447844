"""Is what a run publishes ever worse than another label-free rung? In the miniature world, three seeds.

Each seed draws its own media, writes its own sentences, and initialises by itself. The published classifier is compared with
every other rung that answers about single files, on the same files; the standard error of the difference is that of a paired
bootstrap over files. The line holds where no difference is below minus one such error, in any modality.

    .venv/bin/python benchmarks/published_line.py --workspace workspace-accuracy
"""

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from miniature_accuracy import recipe

from pipeline.evaluation import cosine_scores, targets_of
from pipeline.evaluation.intervals import drawn_metrics
from pipeline.stages.evaluate import evaluate
from pipeline.stages.whole import figures
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.figures import trained_checkpoint
from pipeline.tasks.sentences.judged import classifiers, judged, rungs
from pipeline.telemetry.progress import Progress
from pipeline.training.checkpoint import Checkpoints


@dataclass(frozen=True)
class Compared:
    """The published classifier against another rung: points more, and the paired standard error of that."""

    seed: int
    modality: str
    published: str
    rung: str
    difference: float
    error: float

    @property
    def holds(self) -> bool:
        """Whether it is not below by more than one error."""
        return self.difference >= -self.error


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path, default=Path("workspace-accuracy"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = [each for seed in options.seeds for each in line(options.workspace, seed)]
    if options.json:
        print(json.dumps([asdict(each) for each in found], indent=1))
    else:
        tell(found)
    sys.exit(0 if all(each.holds for each in found) else 1)


def line(workspace: Path, seed: int) -> list[Compared]:
    """Every other inductive rung of a run in the miniature world."""
    context = BoundSentences(recipe(workspace, seed, inter=True), "auto", Progress.on_stderr())
    figures(context)
    return rivals(context)


def rivals(context: BoundSentences) -> list[Compared]:
    """What a finished run publishes against every other of its inductive rungs, modality by modality."""
    result, checkpoints, found = evaluate(context), Checkpoints(trained_checkpoint(context)), []
    for each in result.modalities:
        files, labels = judged(context, each.modality), context.candidates.labels(each.modality)
        vectors, published = classifiers(context, each.modality, checkpoints), rungs(context, each.modality).published
        scores = {name: cosine_scores(files.features, own) for name, own in vectors.items()}
        drawn = drawn_metrics(scores, targets_of(files.rows, labels), each.primary)
        for name in scores:
            if name != published:
                points = each.method(published).metrics[each.primary] - each.method(name).metrics[each.primary]
                error = float(np.nanstd(drawn[published] - drawn[name], ddof=1))
                seed = context.recipe.seed
                found.append(Compared(seed, each.modality, published, name, 100 * points, 100 * error))
    return found


def tell(found: list[Compared]) -> None:
    """The nearest rival of every seed and modality."""
    print("published minus the rung, points, and in paired standard errors; the nearest rival of each modality")
    for seed, modality in dict.fromkeys((each.seed, each.modality) for each in found):
        rivals = [each for each in found if (each.seed, each.modality) == (seed, modality)]
        nearest = min(rivals, key=lambda each: each.difference / max(each.error, 1e-9))
        errors = nearest.difference / nearest.error if nearest.error else 0.0
        print(
            f"  seed {seed}  {modality:<6} {nearest.published} - {nearest.rung}: {nearest.difference:+.1f} ({errors:+.1f})"
        )
    print("the line holds" if all(each.holds for each in found) else "THE LINE DOES NOT HOLD")


if __name__ == "__main__":
    main()
