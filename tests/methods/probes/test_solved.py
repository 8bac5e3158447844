"""Methods that are solved at once, each against a derivation of its own in a few lines, and where the answer is known."""

import numpy as np
import pytest
import torch
from shots_world import (
    NAMES,
    SCALE,
    SEED,
    VIEWS,
    WIDTH,
    answers,
    examples,
    made,
    rng,
    shots,
    solved,
    texts,
    unit,
)
from sklearn.linear_model import LogisticRegression

from pipeline.methods.few_shot.task import ClassTexts, Examples, Shots
from pipeline.methods.probes.held_out import split
from pipeline.methods.probes.linear import regression
from pipeline.methods.probes.tip_adapter import ALPHAS, BETAS

CLASSES = len(NAMES)


def halves(given: Examples) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(features and labels to learn from, those held out)."""
    learn, held = split(given.labels, 0.25, SEED)
    features, labels = given.features.numpy(), given.labels.numpy()
    return features[learn], labels[learn], features[held], labels[held]


def best(values: list, right: list[int]) -> object:
    return values[right.index(max(right))]


# Tip-Adapter


def tip(
    features: np.ndarray, keys: np.ndarray, labels: np.ndarray, alpha: float, beta: float, scale: float = SCALE
) -> np.ndarray:
    t, found = unit(texts().features.numpy()), np.zeros((len(features), CLASSES))
    for i, f in enumerate(unit(features)):
        for k in range(CLASSES):
            found[i, k] = scale * f @ t[k]
            for key, label in zip(keys, labels, strict=True):
                if label == k:
                    found[i, k] += alpha * np.exp(-beta * (1 - f @ key))
    return found


def cache_of(features: np.ndarray) -> np.ndarray:
    return unit(np.stack([unit(views).sum(0) / VIEWS for views in features]))


def test_tip_adapter_is_its_formula() -> None:
    given, asked = examples(), shots()
    learner, notes = solved("tip-adapter", given, alpha=2.5, beta=4.0)
    expected = tip(asked.features.numpy(), cache_of(given.features.numpy()), given.labels.numpy(), 2.5, 4.0)
    np.testing.assert_allclose(answers(learner, asked), expected, rtol=0, atol=1e-8)
    assert (notes["alpha"], notes["beta"]) == ("2.5", "4.0")


def test_tip_adapter_chooses_on_what_is_held_out() -> None:
    given, learner = examples(noise=2.5), made("tip-adapter")
    learner.scale = 2.0  # so that the cache can say something against the texts
    notes = learner.solve(given, texts())
    rows, labels, held, true = halves(given)
    pairs = [(alpha, beta) for alpha in ALPHAS for beta in BETAS]
    flat = held.reshape(-1, WIDTH)
    found = (tip(flat, cache_of(rows), labels, *pair, scale=2.0).argmax(-1) for pair in pairs)
    right = [int((each == np.repeat(true, VIEWS)).sum()) for each in found]
    assert (float(notes["alpha"]), float(notes["beta"])) == best(pairs, right)
    assert len(set(right)) > 1
    assert notes["how"] == f"chosen on {len(true)} labelled images held out: {max(right)} of {len(flat)} views right"


# Gaussian discriminant analysis


def gda(features: np.ndarray, rows: np.ndarray, labels: np.ndarray, alpha: float) -> np.ndarray:
    """(m - 1) Sigma is the scatter S about the class means, so P = d (S + tr(S) / (m - 1) I)^-1."""
    rows, labels = unit(rows).reshape(-1, WIDTH), np.repeat(labels, VIEWS)
    means = np.stack([rows[labels == k].mean(0) for k in range(CLASSES)])
    scatter = sum(np.outer(x - means[k], x - means[k]) for x, k in zip(rows, labels, strict=True))
    precision = WIDTH * np.linalg.inv(scatter + np.trace(scatter) / (len(rows) - 1) * np.eye(WIDTH))
    f, t = unit(features), unit(texts().features.numpy())
    bias = np.array([np.log(1 / CLASSES) - mu @ precision @ mu / 2 for mu in means])
    return SCALE * f @ t.T + alpha * (f @ precision @ means.T + bias)


def test_gda_is_its_formula() -> None:
    given, asked = examples(), shots()
    learner, _ = solved("gda", given, alpha=0.3)
    expected = gda(asked.features.numpy(), given.features.numpy(), given.labels.numpy(), 0.3)
    np.testing.assert_allclose(answers(learner, asked), expected, rtol=0, atol=1e-8)


def test_gda_chooses_on_what_is_held_out() -> None:
    given = examples(noise=2.5)
    rows, labels, held, true = halves(given)
    grid = [1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100]
    flat = held.reshape(-1, WIDTH)
    right = [int((gda(flat, rows, labels, a).argmax(-1) == np.repeat(true, VIEWS)).sum()) for a in grid]
    assert len(set(right)) > 1
    assert float(solved("gda", given)[1]["alpha"]) == pytest.approx(best(grid, right))


def test_gda_finds_the_axis_that_tells_classes_apart() -> None:
    """Two classes whose means differ along one axis, with a noise a hundred times larger along another. The texts tell nothing,
    the nearest mean little more; the discriminant, which knows the noise, is right."""
    draw, count = rng(5), 400
    labels = np.tile([0, 1], count)
    features = np.zeros((2 * count, 1, WIDTH))
    features[:, 0, 0] = 5
    features[:, 0, 1] = np.where(labels, 0.05, -0.05) + draw.normal(scale=0.01, size=2 * count)
    features[:, 0, 2] = draw.normal(size=2 * count)
    classes = ClassTexts(torch.eye(WIDTH, dtype=torch.float64)[[3, 4]], None, ("a", "b"))  # type: ignore[arg-type]
    learner, _ = solved("gda", examples())
    learner.names = ("a", "b")
    learner.solve(Examples(torch.from_numpy(features[:count]), torch.from_numpy(labels[:count])), classes)
    asked = Shots(torch.from_numpy(features[count:, 0]), {}, torch.zeros(count, dtype=torch.int64))
    right = (answers(learner, asked, classes).argmax(-1) == labels[count:]).mean()
    means = np.stack([unit(features[:count, 0])[labels[:count] == k].mean(0) for k in (0, 1)])
    distance = np.linalg.norm(unit(features[count:, 0])[:, None] - means, axis=-1)
    assert right > 0.99 and (distance.argmin(-1) == labels[count:]).mean() < 0.75


# The linear probe


@pytest.mark.parametrize("c", [0.1, 10.0, 1000.0])
def test_the_linear_probe_is_scikit_learn_s(c: float) -> None:
    """Both solve one convex problem; slopes under 1e-9 and 1e-8 leave the weights within 1e-4 of each other even at C = 1000."""
    draw = rng(11)
    centres, width, classes = draw.normal(size=(10, 64)), 64, 10
    labels, tested = draw.integers(0, classes, 400), draw.integers(0, classes, 5000)
    rows, test = (unit(centres[each] + draw.normal(scale=3.5, size=(len(each), width))) for each in (labels, tested))
    ours = regression(torch.from_numpy(rows), torch.from_numpy(labels), classes, c).numpy()
    theirs = LogisticRegression(C=c, tol=1e-10, max_iter=20_000).fit(rows, labels)
    found = test @ ours[:, :-1].T + ours[:, -1]
    right, wanted = (found.argmax(-1) == tested).mean(), theirs.score(test, tested)
    assert abs(right - wanted) <= 0.001 and 0.3 < wanted < 0.99
    np.testing.assert_allclose(found, theirs.decision_function(test), rtol=0, atol=1e-2)


def test_at_the_linear_probe_s_end_the_slope_is_nought() -> None:
    """C sum_i (softmax_i - one hot_i) x_i + W = 0 for weights, sum_i (softmax_i - one hot_i) = 0 for biases."""
    given = examples(noise=2)
    learner, _ = solved("linear-probe", given, c=10.0)
    rows, labels = unit(given.features.numpy()).reshape(-1, WIDTH), np.repeat(given.labels.numpy(), VIEWS)
    weight, bias = learner.weight[:, :-1].numpy(), learner.weight[:, -1].numpy()
    logits = rows @ weight.T + bias
    wrong = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True) - np.eye(CLASSES)[labels]
    assert np.abs(10 * wrong.T @ rows + weight).max() < 1e-5 and np.abs(wrong.sum(0)).max() < 1e-6
    asked = shots()
    np.testing.assert_allclose(
        answers(learner, asked), unit(asked.features.numpy()) @ weight.T + bias, rtol=0, atol=1e-8
    )


def test_the_linear_probe_chooses_its_penalty_on_what_is_held_out() -> None:
    given = examples(noise=2.5)
    rows, labels, held, true = halves(given)
    grid, right = [0.1, 1.0, 10.0, 100.0, 1e3, 1e4, 1e5], []
    flat = unit(rows).reshape(-1, WIDTH)
    for c in grid:
        theirs = LogisticRegression(C=c, tol=1e-10, max_iter=20_000).fit(flat, np.repeat(labels, VIEWS))
        right.append(int((theirs.predict(unit(held).reshape(-1, WIDTH)) == np.repeat(true, VIEWS)).sum()))
    assert float(solved("linear-probe", given)[1]["c"]) == best(grid, right) and len(set(right)) > 1


# LP++


def lp_plus(given: Examples, epochs: int) -> tuple[torch.nn.Linear, torch.Tensor]:
    """By autograd and torch's own optimiser, as its authors write it, but for alpha's gradients, which are not added up."""
    features = torch.from_numpy(cache_of(given.features.numpy()))
    labels, t = given.labels, torch.from_numpy(unit(texts().features.numpy()))
    linear = torch.nn.Linear(WIDTH, CLASSES).double()
    with torch.no_grad():
        linear.bias.zero_()
        for k in range(CLASSES):
            linear.weight[k] = features[labels == k].sum(0)
    start = 250 * np.mean([float((features[labels == k] @ t[k]).mean()) for k in range(CLASSES)])
    alpha = torch.full((CLASSES,), start, dtype=torch.float64, requires_grad=True)
    rate = 4 * len(labels) / np.linalg.eigvalsh((features.T @ features).numpy()).max()
    alpha_rate = len(labels) / (4 * float(((features @ t.T) ** 2).sum(0).max()))
    optimiser = torch.optim.SGD(linear.parameters(), float(rate), momentum=0.9)
    for epoch in range(1, epochs + 1):
        loss = torch.nn.functional.cross_entropy(linear(features) + alpha * (features @ t.T), labels)
        optimiser.zero_grad()
        alpha.grad = None
        loss.backward()
        optimiser.step()
        if epoch % 10 == 0:
            with torch.no_grad():
                alpha -= alpha_rate * alpha.grad
    return linear, alpha.detach()


def test_lp_plus_is_gradient_descent_on_both_blocks() -> None:
    given, asked = examples(count=1), shots()  # one image a class: nothing is held out, so all epochs are taken
    learner, notes = solved("lp++", given, epochs=45)
    linear, alpha = lp_plus(given, 45)
    f, t = torch.from_numpy(unit(asked.features.numpy())), torch.from_numpy(unit(texts().features.numpy()))
    with torch.no_grad():
        expected = linear(f) + alpha * (f @ t.T)
    np.testing.assert_allclose(answers(learner, asked), expected.numpy(), rtol=0, atol=1e-8)
    assert notes == {"epochs": "45", "how": "the default: no image can be held out"}


def test_lp_plus_takes_the_first_epoch_that_is_best_on_what_is_held_out() -> None:
    given = examples(noise=2.5)
    rows, labels, held, true = halves(given)
    flat, t = torch.from_numpy(unit(held).reshape(-1, WIDTH)), torch.from_numpy(unit(texts().features.numpy()))
    right = []
    for epochs in range(1, 31):
        linear, alpha = lp_plus(Examples(torch.from_numpy(rows), torch.from_numpy(labels)), epochs)
        with torch.no_grad():
            found = linear(flat) + alpha * (flat @ t.T)
        right.append(int((found.argmax(-1).numpy() == np.repeat(true, VIEWS)).sum()))
    learner, notes = solved("lp++", given, epochs=30)
    assert int(notes["epochs"]) == right.index(max(right)) + 1 and len(set(right)) > 1
    linear, _ = lp_plus(given, int(notes["epochs"]))
    np.testing.assert_allclose(learner.weight[:, :-1].numpy(), linear.weight.detach().numpy(), rtol=0, atol=1e-8)


# What is held out


@pytest.mark.parametrize(("count", "held"), [(1, 0), (2, 1), (3, 1), (4, 1), (8, 2), (16, 4)])
def test_a_share_of_every_class_is_held_out_and_nothing_twice(count: int, held: int) -> None:
    labels = torch.arange(3).repeat(count)
    learn, out = split(labels, 0.25, 1)
    assert sorted([*learn.tolist(), *out.tolist()]) == list(range(3 * count))
    assert torch.bincount(labels[out], minlength=3).tolist() == [held] * 3
    again, other = split(labels, 0.25, 1), split(labels, 0.25, 2)
    assert torch.equal(again[1], out) and (count < 8 or not torch.equal(other[1], out))


@pytest.mark.parametrize(
    ("method", "default"),
    [("tip-adapter", {"alpha": "1.17", "beta": "1.0"}), ("gda", {"alpha": "1.0"}), ("linear-probe", {"c": "100.0"})],
)
def test_with_one_image_a_class_the_default_is_taken(method: str, default: dict[str, str]) -> None:
    _, notes = solved(method, examples(count=1))
    assert notes == {**default, "how": "the default: no image can be held out"}
