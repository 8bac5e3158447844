"""A toy task of a package of somebody else: questions about clips of a picture and a sound, whose answers are numbers.

An example has two files and a question, so its key is no file's; its target is no label. What is learned is solved, not stepped.
"""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from pipeline.caching.needs import Input, Need
from pipeline.datasets.rows import MediaRow
from pipeline.encoders.cards import EncoderCard, card
from pipeline.predictions import Prediction
from pipeline.printable import text_table
from pipeline.recipe.envelope import Envelope
from pipeline.records import RunRecord
from pipeline.report.html import tag
from pipeline.report.page import put_together, write_whole
from pipeline.runs.bound import Bound
from pipeline.runs.work import RESULT, Trial, Unit
from pipeline.tasks.base import Task
from pipeline.tasks.examples import Example, example_key, files_of
from pipeline.telemetry.progress import Progress
from stores import ArtifactSpec, Store, file_key, text_key

ROLES = {"picture": "miniature-clip", "sound": "miniature-clap"}
LAST = text_key("epoch-000001")


class CountRecipe(Envelope):
    """A folder with NAME.png, NAME.wav and questions.csv: split, clip, question, answer."""

    clips: Path
    seed: int = 0


@dataclass(frozen=True)
class BoundCounts(Bound[CountRecipe]):
    """The examples of a recipe."""

    @cached_property
    def cards(self) -> dict[str, EncoderCard]:
        return {role: card(encoder) for role, encoder in ROLES.items()}

    @cached_property
    def examples(self) -> list[tuple[str, str, Example[float]]]:
        """(split, question, example)."""
        found = []
        with (self.recipe.clips / "questions.csv").open() as file:
            for split, clip, question, answer in csv.reader(file):
                media = media_of(self.recipe.clips / f"{clip}.png", self.recipe.clips / f"{clip}.wav")
                found.append((split, question, Example(example_key(media, question), media, float(answer))))
        return found

    def of(self, split: str) -> tuple[list[str], list[Example[float]]]:
        chosen = [(question, example) for name, question, example in self.examples if name == split]
        return [question for question, _ in chosen], [example for _, example in chosen]

    def needs(self) -> dict[str, Need]:
        found = {role: Need(each.media, each) for role, each in self.cards.items()}
        return {**found, "question": Need(None, self.cards["picture"])}

    def features(self, questions: Sequence[str], examples: Sequence[Example[float]]) -> np.ndarray:
        """Picture beside sound, both beside each other in the place of their question; (n, Q (d + e))."""
        known = sorted({question for _, question, _ in self.examples})
        parts = []
        for role in ROLES:
            artifact = self.store.artifact(self.needs()[role].spec(self.recipe.cache))
            parts.append(np.asarray(artifact.arrays([e.media[role].key for e in examples])["vectors"], float))
        both = np.concatenate(parts, axis=1)
        marks = np.array([[question == each for each in known] for question in questions], float)
        return (marks[:, :, None] * both[:, None, :]).reshape(len(both), -1)


def media_of(picture: Path, sound: Path) -> dict[str, MediaRow]:
    return {role: MediaRow(file_key(path), str(path), ()) for role, path in zip(ROLES, (picture, sound), strict=True)}


class Counts(Task[BoundCounts]):
    """Numbers that answer questions."""

    name, mark, recipe, bound = "toy-counts", "clips", CountRecipe, BoundCounts

    def absolute(self, content: dict[str, Any], base: Path) -> dict[str, Any]:
        paths = {key: str(base / content[key]) for key in ("clips", "workspace") if key in content}
        return {**content, **paths}

    def inputs(self, bound: BoundCounts) -> Sequence[Input]:
        examples = [example for _, _, example in bound.examples]
        questions, needs = sorted({question for _, question, _ in bound.examples}), bound.needs()
        media = [Input(f"media/{role}", role, needs[role], files_of(examples, role), row_bytes=256) for role in ROLES]
        return [*media, Input("texts/question", "question", needs["question"], texts=questions, row_bytes=256)]

    def units(self, bound: BoundCounts) -> Sequence[Unit]:
        questions, examples = bound.of("train")
        learned = [[question, e.key, e.target] for question, e in zip(questions, examples, strict=True)]
        parents = tuple(need.spec(bound.recipe.cache).fingerprint for need in bound.needs().values())
        spec = ArtifactSpec(
            kind="toy-counts", fields={"learned": learned, "seed": bound.recipe.seed}, parents=parents, backend="blob"
        )
        return [Unit("toy-counts", "solved", None, bound.recipe.seed, spec, 1, "numbers", 4096, "solved at once")]

    def learn(self, bound: BoundCounts, unit: Unit) -> int:
        questions, examples = bound.of("train")
        solved = np.linalg.pinv(bound.features(questions, examples)) @ [example.target for example in examples]
        note = json.dumps({"epoch": 1, "history": {}, "notes": {}})
        for key in (text_key("epoch-000000"), LAST):
            with bound.store.artifact(unit.spec).writer() as writer:
                writer.publish([key], [save({"weights": solved}, metadata={"mmpt": note})])
        return 1

    def learned(self, bound: BoundCounts, epochs: Mapping[str, int]) -> "Learned":
        (unit,) = self.units(bound)
        bound.note(
            {"checkpoint": unit.spec.fingerprint}, recipe={"task": self.name, **bound.recipe.model_dump(mode="json")}
        )
        return Learned(sum(epochs.values()))

    def trials(self, bound: BoundCounts) -> Sequence[Trial]:
        (unit,) = self.units(bound)
        exams = {split: bound.of(split)[1] for split in ("train", "test")}
        return [Trial(name, name, unit, _errors_spec(unit, found), len(found)) for name, found in exams.items()]

    def judge(self, bound: BoundCounts, unit: Unit | None, trials: Sequence[Trial]) -> None:
        for trial in trials:
            questions, examples = bound.of(trial.exam)
            answers = bound.features(questions, examples) @ weights(bound.store, trial.unit.spec.fingerprint)
            error = float(np.mean(np.abs(answers - [example.target for example in examples])))
            with bound.store.artifact(trial.spec).writer() as writer:
                writer.publish([RESULT], [json.dumps({"error": error, "answers": answers.tolist()}).encode()])

    def judged(self, bound: BoundCounts) -> "Errors":
        found = {t.exam: json.loads(bound.store.artifact(t.spec).blob(RESULT)) for t in self.trials(bound)}
        return Errors(
            {name: each["error"] for name, each in found.items()}, {n: x["answers"] for n, x in found.items()}
        )

    def news(self, bound: BoundCounts, stage: str, found: Any) -> str:
        return f"{stage} is done"

    def tables(self, bound: BoundCounts, stage: str, found: Any) -> list[Any]:
        rows = [[name, f"{error:.3f}"] for name, error in getattr(found, "errors", {}).items()]
        return [text_table(["exam", "mean error"], rows, "Numbers")]

    def values(self, bound: BoundCounts, stage: str, found: Any) -> Any:
        return found.result.brief() if stage == "run" else vars(found)

    def shows(self, bound: BoundCounts) -> list[Any]:
        return [trial.spec.fingerprint for trial in self.trials(bound)]

    def draw(self, bound: BoundCounts, path: Any) -> None:
        errors = [tag("p", f"{name}: {error:.3f}") for name, error in self.judged(bound).errors.items()]
        write_whole(put_together(bound.recipe.name, [("errors", "Errors", tag("div", errors))]), path)

    def judged_modalities(self, record: RunRecord) -> Sequence[str]:
        return ("image", "audio")

    def predict(self, store: Store, record: RunRecord, files: Sequence[Path], **options: Any) -> list[Any]:
        """Pictures and sounds of one name are one clip; every question about it is an answer of its own."""
        from pipeline.caching.make import make_input

        content = {key: value for key, value in record.recipe.items() if key != "task"}
        bound = BoundCounts(CountRecipe.model_validate(content), options["device"], Progress.silent())
        asked = sorted({question for _, question, _ in bound.examples})
        learned, found = weights(store, record.artifacts["checkpoint"]), []
        for clip in sorted({path.with_suffix("") for path in files}):
            media = media_of(clip.with_suffix(".png"), clip.with_suffix(".wav"))
            examples = [Example(example_key(media, question), media, 0.0) for question in asked]
            for role in ROLES:
                make_input(bound, Input(role, role, bound.needs()[role], files_of(examples, role)))
            answers = bound.features(asked, examples) @ learned
            told = tuple((f"{q}: {answer:.1f}", 1.0) for q, answer in zip(asked, answers, strict=True))
            found.append(Prediction(str(clip), "clip", told))
        return found


def _errors_spec(unit: Unit, examples: Sequence[Example[float]]) -> ArtifactSpec:
    asked = [[example.key, example.target] for example in examples]
    return ArtifactSpec(kind="toy-errors", fields={"exam": asked}, parents=(unit.spec.fingerprint,), backend="blob")


def weights(store: Store, fingerprint: str) -> np.ndarray:
    from safetensors.numpy import load

    return load(store.find(fingerprint).blob(LAST))["weights"]


@dataclass(frozen=True)
class Learned:
    epochs: int

    @property
    def counts(self) -> Mapping[str, int]:
        return {"epochs": self.epochs}


@dataclass(frozen=True)
class Errors:
    errors: Mapping[str, float]
    answers: Mapping[str, Sequence[float]]

    @property
    def counts(self) -> Mapping[str, int]:
        return {"files": sum(map(len, self.answers.values()))}

    def brief(self) -> Mapping[str, float]:
        return self.errors


TASK = Counts()
