"""Who guides whom: every row of Table 8 against equation 7 and its gradient, worked out in float64 numpy."""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from pydantic import ValidationError

from pipeline.labels import Candidates
from pipeline.methods.taam_cpt.config import TaamCptConfig
from pipeline.methods.taam_cpt.guidance import guidance_told, guided_pairs
from pipeline.methods.taam_cpt.model import TaamCpt
from pipeline.studies.load import load_study
from pipeline.tasks.sentences.recipe import Recipe

ORDER = ("video", "image", "audio")
OWN = {"video": [0, 1], "image": [2, 3, 4], "audio": [5, 6]}
CANDIDATES = Candidates.of({"video": ["run", "sit"], "image": ["cat", "dog", "cow"], "audio": ["bark", "rain"]})
WIDTH, K, FACTOR = 6, 4.6052, 0.5

# Typed from section 4.4: <a, b> -> <c> is learning from a, b to c; the pairs are (guided, guide).
TABLE8: dict[str, tuple[dict[str, Any], set[tuple[str, str]]]] = {
    "images and video guide audio": ({"weak": "audio"}, {("audio", "image"), ("audio", "video")}),
    "audio and video guide images": ({"weak": "image"}, {("image", "audio"), ("image", "video")}),
    "images guide video": ({"weak": "video", "strong": "image"}, {("video", "image")}),
    "audio guides video": ({"weak": "video", "strong": "audio"}, {("video", "audio")}),
    "images and audio and video guide each other": (
        {"weak": "video", "both_ways": True},
        {("video", "image"), ("video", "audio"), ("image", "video"), ("audio", "video")},
    ),
    "images and audio guide video": ({"weak": "video"}, {("video", "image"), ("video", "audio")}),
}
SEVERAL = {
    "video guides images and audio": (
        {"weak": ["image", "audio"], "strong": ["video"]},
        {("image", "video"), ("audio", "video")},
    ),
    "all guide all": (
        {"weak": ["video", "image", "audio"], "strong": ["audio", "image", "video"]},
        {(a, b) for a in ORDER for b in ORDER if a != b},
    ),
}
EVERY = {**TABLE8, **SEVERAL}
Pools = dict[str, NDArray[np.float64]]


def pools_of(seed: int = 3) -> Pools:
    rng = np.random.default_rng(seed)
    return {m: rng.normal(size=(7, WIDTH)) for m in ORDER}


def by_hand(pools: Pools, pairs: set[tuple[str, str]], all_rows: bool) -> tuple[float, Pools]:
    """The summed cross entropies of the kept rows times the factor, and their gradient by every pool."""
    lengths = {m: np.sqrt((p * p).sum(1, keepdims=True)) for m, p in pools.items()}
    units = {m: p / lengths[m] for m, p in pools.items()}
    total, slopes = 0.0, {m: np.zeros_like(p) for m, p in pools.items()}
    for guided, guide in pairs:
        rows = [i for i in range(7) if i not in OWN[guided]] if all_rows else OWN[guide]
        weights = np.exp(K * units[guided][rows] @ units[guide].T)
        shares = weights / weights.sum(1, keepdims=True)
        total += -FACTOR * np.log(shares[range(len(rows)), rows]).sum()
        shares[range(len(rows)), rows] -= 1
        slopes[guided][rows] += FACTOR * K * shares @ units[guide]
        slopes[guide] += FACTOR * K * shares.T @ units[guided][rows]
    along = {m: (slopes[m] * units[m]).sum(1, keepdims=True) for m in ORDER}
    return float(total), {m: (slopes[m] - along[m] * units[m]) / lengths[m] for m in ORDER}


@pytest.mark.parametrize("all_rows", [False, True])
@pytest.mark.parametrize("name", EVERY)
def test_loss_and_gradients_are_those_of_equation_7(name: str, all_rows: bool) -> None:
    options, pairs = EVERY[name]
    rows = "all-strong" if all_rows else "matching"
    config = TaamCptConfig.model_validate({**options, "inter_rows": rows})
    model = TaamCpt(config, CANDIDATES, dict.fromkeys(ORDER, WIDTH)).double()
    pools = pools_of()
    for m, vectors in model.pools.vectors.items():
        vectors.data = torch.from_numpy(pools[m].copy())
    loss, parts = model({})  # no sentences: the inter-modal loss alone
    expected, slopes = by_hand(pools, pairs, all_rows)
    assert loss.item() == pytest.approx(expected, rel=1e-12)
    assert {part for part in parts if part.startswith("inter")} == {f"inter/{a}->{b}" for a, b in pairs}
    loss.backward()
    for m in ORDER:
        grad = model.pools.vectors[m].grad
        found = np.zeros((7, WIDTH)) if grad is None else grad.numpy()
        np.testing.assert_allclose(found, slopes[m], rtol=1e-9, atol=1e-13)
        assert slopes[m].any() == any(m in pair for pair in pairs)


def test_every_row_of_table_8_is_another_learning() -> None:
    pairs = {
        name: guided_pairs(TaamCptConfig.model_validate(o), o["weak"].split(), ORDER) for name, (o, _) in TABLE8.items()
    }
    assert {name: set(found) for name, found in pairs.items()} == {name: told for name, (_, told) in TABLE8.items()}
    assert all(len(set(found)) == len(found) for found in pairs.values())
    assert len({frozenset(found) for found in pairs.values()}) == 6


def test_the_study_has_the_six_rows_in_the_order_of_the_paper_with_its_figures() -> None:
    rows = load_study("taam-cpt-table8").rows
    # Typed from the paper a second time.
    printed = [(52.1, 79.3, 64.8, 91.7), (51.9, 79.5, 65.1, 91.8), (53.6, 79.4, 67.1, 92.4), (53.2, 79.2, 65.3, 93.2),
               (54.3, 79.8, 67.1, 92.9), (55.2, 80.4, 68.1, 94.2)]  # fmt: skip
    names = ["<I, V> -> <A>", "<A, V> -> <I>", "<I> -> <V>", "<A> -> <V>", "<I, A> <-> <V>", "<I, A> -> <V>"]
    assert [row.name.split(": ")[0] for row in rows] == names
    for row, (top1, top5, mean_ap, audio), (options, _) in zip(rows, printed, TABLE8.values(), strict=True):
        assert row.paper == {"video": {"top1": top1, "top5": top5}, "image": {"mAP": mean_ap}, "audio": {"top1": audio}}
        assert {"weak": "video", **row.change.get("train", {})} == options


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"weak": "video"}, "the others guide video"),
        ({"weak": "video", "strong": ["image"]}, "image guides video"),
        ({"weak": "video", "strong": ["image", "audio"]}, "image and audio guide video"),
        ({"weak": "video", "both_ways": True}, "the others and video guide each other"),
    ],
)
def test_who_guides_whom_is_told(options: dict[str, Any], told: str) -> None:
    assert guidance_told(TaamCptConfig.model_validate(options), "video") == told


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"weak": "vido"}, "weak is 'vido'; allowed are auto, video, image, audio, text, a list of such modalities"),
        ({"weak": []}, r"weak is \[\]; allowed are auto"),
        ({"weak": ["video", "video"]}, "each once, or null"),
        ({"weak": ["auto", "video"]}, "a list of such modalities"),
        ({"weak": "video", "strong": "auto"}, "strong is 'auto'; allowed are video, image"),
        ({"weak": None, "strong": "image"}, "weak: null lets nobody be guided"),
        ({"weak": None, "both_ways": True}, "weak: null lets nobody be guided"),
        ({"strong": "image"}, "weak must name who is guided"),
        ({"weak": ["image", "video"], "strong": "video"}, "nobody guides video: strong names nobody else"),
        ({"snapshots": [0]}, "numbers of steps, from 1"),
    ],
)
def test_mistakes_are_told_once(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told) as caught:
        TaamCptConfig.model_validate(options)
    assert len(caught.value.errors()) == 1


def recipe(train: dict[str, Any], *modalities: str) -> Recipe:
    there = {m: {"labels": [f"{m} a", f"{m} b"], "encoder": "any"} for m in modalities}
    return Recipe.model_validate({"name": "x", "modalities": there, "train": train})


def test_guidance_fits_the_modalities_of_a_recipe() -> None:
    with pytest.raises(ValidationError, match="weak is 'audio', which is not under 'modalities' \\(image, video\\)"):
        recipe({"weak": ["image", "audio"]}, "image", "video")
    with pytest.raises(ValidationError, match="strong is 'audio', which is not under 'modalities'"):
        recipe({"weak": "image", "strong": "audio"}, "image", "video")
    with pytest.raises(ValidationError, match="weak names every modality, so that none is left to guide"):
        recipe({"weak": ["image", "video"]}, "image", "video")
    assert recipe({"preset": "code"}, "image", "video").train.weak == "video"
    assert recipe({"preset": "code"}, "image", "audio").train.weak is None  # its flags guide video and nothing else
    assert recipe({"preset": "code", "weak": "auto"}, "image", "audio").train.weak == "auto"
    with pytest.raises(ValidationError, match="weak is 'video', which is not under 'modalities'"):
        recipe({"preset": "code", "weak": "video"}, "image", "audio")


def test_code_is_the_authors_behaviour_whole() -> None:
    """METHODS 1a and 1b, the columns of the code, every option that decides what is learned."""
    assert TaamCptConfig.model_validate({"preset": "code"}).naming_fields() == {
        "method": "taam-cpt", "init": "ones", "prompt": "free", "normalise_prompts": True, "logit_scale": 4.0, "margin": 1.0,
        "weak": "video", "held_out": 0.1, "inter_scale": 4.6052, "inter_rows": "all-strong", "inter_reduction": "sum",
        "inter_factor": 0.5, "lambda_intra": 1.0, "lambda_inter": 1.0,
        "lr": {"video": 5e-4, "image": 5e-2, "audio": 5e-2, "text": 5e-2}, "schedule": "oscillating", "epochs": 10,
        "batch_size": 768,
    }  # fmt: skip
    assert {p: TaamCptConfig.model_validate({"preset": p}).weak for p in ("paper", "recommended")} == {
        "paper": "auto", "recommended": "auto",
    }  # fmt: skip


def test_what_is_left_as_it_was_keeps_its_name() -> None:
    """A checkpoint's name has the fields that it had before guidance could be chosen, and lists of one are their one."""
    plain = TaamCptConfig.model_validate({"weak": "video"})
    assert not {"strong", "both_ways", "snapshots", "preset", "new_classes"} & set(plain.naming_fields())
    for same in ({"weak": ["video"]}, {"weak": "video", "snapshots": [3, 1]}, {"weak": "video", "both_ways": False}):
        assert TaamCptConfig.model_validate(same).naming_fields() == plain.naming_fields()
    for other in (
        {"weak": "video", "both_ways": True},
        {"weak": "video", "strong": "image"},
        {"weak": ["video", "image"]},
    ):
        assert TaamCptConfig.model_validate(other).naming_fields() != plain.naming_fields()
    assert TaamCptConfig(**plain.model_dump()) == plain
    assert TaamCptConfig(snapshots=[9, 2, 9], **plain.model_dump(exclude={"snapshots"})).snapshots == (2, 9)
