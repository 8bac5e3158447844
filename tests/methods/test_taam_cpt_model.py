"""The whole objective against a plain re-implementation of METHODS section 1a, and the batches it sees."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from pipeline.labels import Candidates
from pipeline.methods.taam_cpt.config import TaamCptConfig
from pipeline.methods.taam_cpt.model import TaamCpt, TextBatch
from pipeline.methods.taam_cpt.texts import MixedBatches, split_held_out, text_batch, top1_on_texts
from stores import text_key

CANDIDATES = Candidates.of({"video": ["run", "sit"], "image": ["cat", "dog", "cow"], "audio": ["bark", "rain"]})
WIDTH = 6


def random_texts(seed: int = 0, count: int = 11) -> dict[str, TextBatch]:
    rng = np.random.default_rng(seed)
    texts = {}
    for i, m in enumerate(CANDIDATES.modalities):
        own = CANDIDATES.indices(m)
        labels = [rng.choice(own, size=rng.integers(1, len(own) + 1), replace=False).tolist() for _ in range(count + i)]
        texts[m] = text_batch(rng.normal(size=(count + i, WIDTH)).astype(np.float16), labels)
    return texts


def model_of(preset: str, **changes: object) -> TaamCpt:
    config = TaamCptConfig.model_validate({"preset": preset, "weak": "video", **changes})
    model = TaamCpt(config, CANDIDATES, dict.fromkeys(CANDIDATES.modalities, WIDTH))
    torch.manual_seed(1)
    for vectors in model.pools.vectors.values():
        torch.nn.init.normal_(vectors)
    return model


def by_the_facts(pools: dict[str, Tensor], texts: dict[str, TextBatch], code: bool) -> Tensor:
    """L_V + L_I + L_A + (L_v2i + L_v2a), sentence by sentence and row by row."""
    total = torch.zeros((), dtype=torch.float64)
    for m, batch in texts.items():
        prompts = pools[m] / pools[m].norm(dim=1, keepdim=True) if code else pools[m]
        for h, labels in zip(batch.features.double(), batch.positives.tolist(), strict=True):
            scores = [(4.0 if code else 1.0) * (h @ p) for p in prompts]
            own = {i for i in labels if i >= 0}
            for i in own:
                for j in set(range(len(prompts))) - own:
                    total = total + torch.relu(1 - scores[i] + scores[j]) / len(batch.features)
    rows = {"image": [2, 3, 4, 5, 6], "audio": [2, 3, 4, 5, 6]} if code else {"image": [2, 3, 4], "audio": [5, 6]}
    for strong, kept in rows.items():
        costs = []
        for i in kept:
            row = torch.stack([4.6052 * torch.cosine_similarity(pools["video"][i], p, dim=0) for p in pools[strong]])
            costs.append(torch.logsumexp(row, 0) - row[i])
        total = total + (0.5 * sum(costs) if code else sum(costs) / len(costs))
    return total


@pytest.mark.parametrize("preset", ["paper", "code"])
def test_equals_the_method_s_facts(preset: str) -> None:
    model, texts = model_of(preset), random_texts()
    loss, parts = model(texts)
    pools = {m: v.detach().double().requires_grad_() for m, v in model.pools.vectors.items()}
    expected = by_the_facts(pools, texts, code=preset == "code")
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    loss.backward()
    expected.backward()
    for m in CANDIDATES.modalities:
        grad = pools[m].grad
        assert grad is not None
        torch.testing.assert_close(model.pools.vectors[m].grad, grad.float(), rtol=1e-4, atol=1e-5)
    assert sorted(parts) == sorted(
        [f"{kind}/{m}" for kind in ("active", "intra") for m in CANDIDATES.modalities]
        + ["inter/video->audio", "inter/video->image", "loss"]
    )
    own = sum(parts[f"intra/{m}"] for m in CANDIDATES.modalities)
    assert float(own + parts["inter/video->audio"] + parts["inter/video->image"]) == pytest.approx(
        loss.item(), rel=1e-6
    )
    assert all(0 < float(parts[f"active/{m}"]) <= 1 for m in CANDIDATES.modalities)


def test_weights_of_the_losses() -> None:
    texts = random_texts()
    _, parts = model_of("paper")(texts)
    intra = sum(float(parts[f"intra/{m}"]) for m in CANDIDATES.modalities)
    inter = float(parts["loss"]) - intra
    loss, _ = model_of("paper", lambda_intra=0.25, lambda_inter=3)(texts)
    assert loss.item() == pytest.approx(0.25 * intra + 3 * inter, rel=1e-5)
    for off in ({"lambda_inter": 0}, {"weak": None}):
        loss, parts = model_of("paper", **off)(texts)
        assert loss.item() == pytest.approx(intra, rel=1e-6)
        assert not [name for name in parts if name.startswith("inter")]


def test_a_batch_may_lack_a_modality() -> None:
    texts = random_texts()
    del texts["audio"]
    model = model_of("recommended", weak=None)
    loss, parts = model(texts)
    loss.backward()
    assert model.pools.vectors["audio"].grad is None and "intra/audio" not in parts
    assert model.pools.vectors["video"].grad is not None


class TestMixedBatches:
    """A batch's rows are told by their features, which are all different."""

    def rows(self, batches: MixedBatches, epoch: int) -> list[list[tuple[str, tuple[float, ...], tuple[int, ...]]]]:
        return [
            [
                (m, tuple(h.tolist()), tuple(p.tolist()))
                for m, b in batch.items()
                for h, p in zip(b.features, b.positives, strict=True)
            ]
            for batch in batches.epoch(epoch)
        ]

    @pytest.mark.parametrize("size", [1, 7, 36, 1000])
    def test_an_epoch_is_one_pass_over_the_union(self, size: int) -> None:
        texts = random_texts()
        batches = MixedBatches(texts, size, seed=5)
        found = self.rows(batches, 1)
        assert len(found) == len(batches) == -(-36 // size)
        assert [len(batch) for batch in found[:-1]] == [size] * (len(found) - 1)
        everything = [row for batch in found for row in batch]
        assert sorted(everything) == sorted(row for batch in self.rows(MixedBatches(texts, 36, 0), 9) for row in batch)
        expected = [
            (m, tuple(h.tolist()), tuple(p.tolist()))
            for m, b in texts.items()
            for h, p in zip(b.features, b.positives, strict=True)
        ]
        assert sorted(everything) == sorted(expected)

    def test_a_pure_function_of_seed_and_epoch(self) -> None:
        texts = random_texts()
        first = MixedBatches(texts, 5, seed=5)
        orders = {epoch: self.rows(first, epoch) for epoch in (3, 1, 2)}  # whatever was asked before
        again = MixedBatches(texts, 5, seed=5)
        assert all(self.rows(again, epoch) == orders[epoch] for epoch in (1, 2, 3))
        assert orders[1] != orders[2] != orders[3]
        assert self.rows(MixedBatches(texts, 5, seed=6), 1) != orders[1]


def test_text_batches_are_normalised_and_padded() -> None:
    batch = text_batch(np.array([[3.0, 4.0], [0.0, 2.0]], np.float16), [[4], [0, 2, 1]])
    torch.testing.assert_close(batch.features, torch.tensor([[0.6, 0.8], [0.0, 1.0]]))
    assert batch.positives.tolist() == [[4, -1, -1], [0, 2, 1]]
    empty = text_batch(np.zeros((0, 2), np.float16), [])
    assert (empty.features.shape, empty.positives.shape) == ((0, 2), (0, 1))


def test_held_out_rows_depend_on_their_key_alone() -> None:
    keys = [text_key(str(i)) for i in range(4000)]
    learn, held = split_held_out(keys, 0.1)
    assert sorted([*learn, *held]) == list(range(4000))
    assert len(held) == pytest.approx(400, abs=60)
    chosen = {keys[i] for i in held}
    shuffled = [*reversed(keys), text_key("new")]
    assert {shuffled[i] for i in split_held_out(shuffled, 0.1)[1]} - {text_key("new")} == chosen
    assert split_held_out(keys, 0.0) == (list(range(4000)), [])


def test_top1_judges_among_the_given_columns_only() -> None:
    classifier = torch.eye(4)
    texts = TextBatch(
        F.normalize(torch.tensor([[9.0, 5, 1, 0], [0, 1, 5, 9.0]]), dim=-1), torch.tensor([[1, -1], [2, 1]])
    )

    def judged(columns: Sequence[int]) -> float:
        return top1_on_texts(classifier, texts, columns)

    assert (judged([0, 1, 2, 3]), judged([1, 2]), judged([1, 2, 3]), judged([0])) == (0.0, 1.0, 0.5, 0.0)
    assert top1_on_texts(100 * classifier * torch.arange(1, 5)[:, None], texts, [1, 2]) == 1.0  # norms do not count
    nothing = TextBatch(torch.zeros(0, 4), torch.zeros(0, 1).long())
    assert math.isnan(top1_on_texts(classifier, nothing, [0])), "no sentence says nothing about a modality"
