"""Heads, fusion, losses and both kinds of inference against the paper's equations in numpy, float64."""

import numpy as np
import plain_mov
import pytest
import torch
from mov_world import CLASSES, FLOW, FRAMES, KINDS, ONE, SOUND, D, arrays, batch, classes, clips, learner, numbers

from pipeline.methods.mov.config import MovOptions
from pipeline.methods.mov.head import Head
from pipeline.methods.mov.heads import Reads, ReadsOne
from pipeline.methods.mov.texts import class_vectors

EXACT = {"atol": 1e-10, "rtol": 1e-10}
VARIANTS = {
    **KINDS,
    "positions": FLOW.model_copy(update={"positions": "learned"}),
    "scores": FLOW.model_copy(update={"fusion": "scores"}),
    "sound scores": SOUND.model_copy(update={"fusion": "scores"}),
    "residual": SOUND.model_copy(update={"audio_residual": True}),
    "three layers": FLOW.model_copy(update={"layers": 3, "heads": 3, "mlp_ratio": 2}),
}


def plain_pairs(options, made, video, x):
    p, flow = arrays(made.head), options.other == "flow"
    return [
        plain_mov.fused(v.numpy(), own.numpy(), p, options.heads, options.layers, flow, options.audio_residual)
        for v, own in zip(video, x, strict=True)
    ]


@pytest.mark.parametrize("options", VARIANTS.values(), ids=VARIANTS)
def test_fused_vectors_and_the_loss(options: MovOptions) -> None:
    made, given = learner(options), batch(options)
    if options.positions == "learned":
        made.head.phi_v.positions.data += numbers(FRAMES, D, seed=3)
        made.head.phi_x.positions.data += numbers(FRAMES, D, seed=4)
    x = made._other(given.other).detach()
    pairs = plain_pairs(options, made, given.video, x)
    v_m, x_m = made.head(given.video, x)
    np.testing.assert_allclose(v_m.detach().numpy(), np.stack([pair[0] for pair in pairs]), **EXACT)
    np.testing.assert_allclose(x_m.detach().numpy(), np.stack([pair[1] for pair in pairs]), **EXACT)
    total, parts = made(given)
    wanted = plain_mov.loss(pairs, made.texts.numpy(), given.labels.tolist(), options.alpha, options.tau)
    np.testing.assert_allclose(total.item(), wanted, **EXACT)
    assert parts["loss"].item() == total.item()


def test_the_weights_of_the_losses() -> None:
    made, given = learner(FLOW, alpha=0.3, tau=0.07), batch(FLOW)
    pairs = plain_pairs(made.options, made, given.video, made._other(given.other).detach())
    wanted = plain_mov.loss(pairs, made.texts.numpy(), given.labels.tolist(), 0.3, 0.07)
    np.testing.assert_allclose(made(given)[0].item(), wanted, **EXACT)


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
def test_answers_among_base_and_novel_names(options: MovOptions) -> None:
    made, given, names = learner(options), clips(options), classes(7, seed=12)
    texts, views = names.texts.numpy(), given.video.shape[1]
    base, novel = made.answers(given, classes(), "base"), made.answers(given, names, "novel")
    for row in range(len(given.video)):
        x = made._other(given.other[row]).detach()
        pairs = plain_pairs(options, made, given.video[row], x)
        own = made.texts.numpy()
        wanted = sum(plain_mov.chances(v_m, own, options.tau) for v_m, _ in pairs) / views
        np.testing.assert_allclose(base.probabilities[row].numpy(), wanted, **EXACT)
        mixed = plain_mov.novel([(x_m, v.numpy()) for (_, x_m), v in zip(pairs, given.video[row], strict=True)], texts)
        np.testing.assert_allclose(novel.probabilities[row].numpy(), mixed, **EXACT)
        alone = sum(plain_mov.chances(x_m, texts, options.tau) for _, x_m in pairs) / views
        np.testing.assert_allclose(novel.beside["other"][row].numpy(), alone, **EXACT)
        frozen = sum(plain_mov.chances(v.numpy().mean(0), texts, 0.003) for v in given.video[row]) / views
        np.testing.assert_allclose(novel.beside["frozen"][row].numpy(), frozen, **EXACT)
    assert not base.lacking.any()


def test_every_temperature_and_weight_is_read() -> None:
    other = {"beta": 0.6, "tau_other": 0.05, "tau_video": 0.2, "tau_base": 0.5}
    made, given = learner(FLOW, **other), clips(FLOW, 2, 1)
    texts = made.texts.numpy()
    base, novel = (made.answers(given, classes(), path).probabilities.numpy() for path in ("base", "novel"))
    for row in range(2):
        x = made._other(given.other[row]).detach()
        ((v_m, x_m),) = plain_pairs(FLOW, made, given.video[row], x)
        np.testing.assert_allclose(base[row], plain_mov.chances(v_m, texts, 0.5), **EXACT)
        mixed = plain_mov.novel([(x_m, given.video[row, 0].numpy())], texts, 0.6, 0.05, 0.2)
        np.testing.assert_allclose(novel[row], mixed, **EXACT)


def test_cosines_averaged_instead_of_probabilities() -> None:
    made, given = learner(FLOW, average="cosines"), clips(FLOW, 1, 3)
    pairs = plain_pairs(FLOW, made, given.video[0], made._other(given.other[0]).detach())
    texts = made.texts.numpy()
    mean = np.array([sum(plain_mov.sim(v_m, row) for v_m, _ in pairs) / 3 for row in texts]) / FLOW.tau
    wanted = np.exp(mean - mean.max()) / np.exp(mean - mean.max()).sum()
    found = made.answers(given, classes(), "base").probabilities[0].numpy()
    np.testing.assert_allclose(found, wanted, **EXACT)


def test_rows_of_table_5() -> None:
    """Video alone, the other alone and their mean, of a run without Eq. 5 to 8."""
    made, given = learner(FLOW, fusion="scores"), clips(FLOW, 1, 1)
    ((v_m, x_m),) = plain_pairs(made.options, made, given.video[0], made._other(given.other[0]).detach())
    texts = made.texts.numpy()
    video, other = plain_mov.chances(v_m, texts, 0.01), plain_mov.chances(x_m, texts, 0.01)
    found = made.answers(given, classes(), "base")
    for name, wanted in {"video": video, "other": other, "scores": (video + other) / 2}.items():
        np.testing.assert_allclose(found.beside[name][0].numpy(), wanted, **EXACT)
    np.testing.assert_allclose(found.probabilities[0].numpy(), (video + other) / 2, **EXACT)


def test_one_key_is_real_attention_over_one_key_without_what_is_dead() -> None:
    torch.manual_seed(0)
    whole = Reads(D, 2, 4).double()
    for parameter in whole.parameters():
        parameter.data = torch.randn_like(parameter)
    one = ReadsOne(D, 4).double()
    state = whole.state_dict()
    weight, bias = state["attention.in_weight"][2 * D :], state["attention.in_bias"][2 * D :]
    taken = {"value.weight": weight, "value.bias": bias}
    taken |= {f"out.{name}": state[f"attention.out.{name}"] for name in ("weight", "bias")}
    taken |= {name: value for name, value in state.items() if name.startswith(("ln_key", "ln_2", "mlp"))}
    one.load_state_dict(taken)
    x, y = numbers(3, FRAMES, D, seed=1), numbers(3, 1, D, seed=2)
    torch.testing.assert_close(one(x, y), whole(x, y), atol=1e-12, rtol=1e-12)
    whole(x, y).square().sum().backward()
    dead = whole.attention.in_weight.grad[: 2 * D].abs().max() + whole.ln_query.weight.grad.abs().max()
    assert dead < 1e-10 < whole.attention.in_weight.grad[2 * D :].abs().max()


def test_one_key_has_526336_numbers_fewer_at_full_size() -> None:
    sizes = [
        sum(parameter.numel() for parameter in Head(MovOptions(other="sound", audio_tokens=tokens), 512).parameters())
        for tokens in ("patches", "one")
    ]
    assert sizes == [14_711_296, 14_711_296 - 526_336]


def test_class_vectors_are_means_of_unit_sentences() -> None:
    sentences = numbers(CLASSES, 28, D, seed=2) * 3
    unit = np.array([[row / np.sqrt(row @ row) for row in each] for each in sentences.numpy()])
    np.testing.assert_allclose(class_vectors(sentences).numpy(), unit.mean(1), **EXACT)
    np.testing.assert_allclose(class_vectors(sentences, "plain").numpy(), sentences.numpy().mean(1), **EXACT)
    assert ONE.template_mean == "unit"
