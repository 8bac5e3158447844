"""What must be true of MOV whatever its numbers: order of frames, probabilities, views, names, and what is learned."""

import math
from dataclasses import replace

import pytest
import torch
from mov_world import (
    CLASSES,
    FLOW,
    FRAMES,
    KINDS,
    MEAN,
    ONE,
    SOUND,
    STD,
    D,
    batch,
    classes,
    clips,
    inputs,
    learner,
    numbers,
    towers,
)  # fmt: skip
from plain_towers import tiny
from pydantic import ValidationError

from pipeline.methods.base import MethodError
from pipeline.methods.mov.batch import Classes, MovBatch, MovClips, VideoTowers
from pipeline.methods.mov.config import MovOptions
from pipeline.methods.mov.frozen import frozen_tower
from pipeline.methods.mov.head import Head
from pipeline.methods.mov.learner import MovLearner
from pipeline.methods.mov.losses import loss_of
from pipeline.methods.mov.texts import cosines


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
def test_the_order_of_frames_does_not_matter_without_positions(options: MovOptions) -> None:
    """Of either modality by itself: frames of the video, frames of flow, patches of a spectrogram."""
    made, v = learner(options), numbers(2, FRAMES, D)
    x = made._other(inputs(options, 2))
    wanted = made.head(v, x)
    mixed = torch.tensor([2, 0, 3, 1])
    for other in (made.head(v[:, mixed], x), made.head(v, x.flip(1)), made.head(v[:, mixed], x.flip(1))):
        for found, before in zip(other, wanted, strict=True):
            torch.testing.assert_close(found, before, atol=1e-12, rtol=1e-12)


def reversed_pairs():
    """Clips and their time reverse, in two classes: the same frames in the other order."""
    there = numbers(4, FRAMES, D, seed=2)
    v = torch.cat([there, there.flip(1)])
    return v, v + 0.1, torch.tensor([0] * 4 + [1] * 4), numbers(2, D, seed=3)


def losses_while_learning(options: MovOptions, steps: int = 60) -> list[float]:
    torch.manual_seed(0)
    head = Head(options, D).double()
    v, x, labels, texts = reversed_pairs()
    optimiser = torch.optim.AdamW(head.parameters(), 0.02)
    found = []
    for _ in range(steps):
        loss = loss_of(*head(v, x), v, texts, labels, options)[0]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        found.append(loss.item())
    return found


def test_learned_positions_begin_at_the_literal_reading_and_learn_the_order_which_it_cannot() -> None:
    literal = losses_while_learning(FLOW.model_copy(update={"tau": 0.1}))
    learned = losses_while_learning(FLOW.model_copy(update={"tau": 0.1, "positions": "learned"}))
    assert learned[0] == pytest.approx(literal[0], abs=1e-12)
    assert learned[-1] < 0.05
    assert min(literal) >= math.log(2) - 1e-9  # a clip and its reverse get the same probabilities


def test_learned_positions_refuse_clips_of_another_length() -> None:
    made = learner(FLOW, positions="learned")
    with pytest.raises(MethodError, match="clips have 5 frames, and positions are learned for 4. Write frames: 5"):
        made.head(numbers(1, 5, D), numbers(1, 5, D))


@pytest.mark.parametrize("changes", [
    {}, {"positions": "learned"}, {"fusion": "scores"}, {"train_layers": 1}, {"distillation": 0.5}, {"sound_positions": "ast"},
], ids=str)  # fmt: skip
@pytest.mark.parametrize("kind", KINDS)
def test_every_learned_tensor_has_a_gradient_after_two_steps_and_nothing_else_has(kind, changes) -> None:
    """Fusion's last layers included; CLIP's own tensors, the class vectors and the frames have none."""
    options = KINDS[kind].model_copy(update=changes)
    model = tiny()
    made = MovLearner(options, towers(options, model), classes(), 1)
    optimiser = torch.optim.AdamW(made.parameters(), 1e-3)
    given = batch(options, 5)
    for _ in range(2):
        optimiser.zero_grad()
        made(given)[0].backward()
        optimiser.step()
    silent = [
        name for name, value in made.named_parameters() if value.grad is None or not value.grad.abs().max() > 1e-12
    ]
    assert silent == []
    assert all(parameter.grad is None and not parameter.requires_grad for parameter in model.parameters())
    assert not made.texts.requires_grad and not given.video.requires_grad


@pytest.mark.parametrize("path", ["base", "novel"])
@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
def test_scores_are_probabilities(options: MovOptions, path) -> None:
    found = learner(options).answers(clips(options), classes(), path)
    for each in (found.probabilities, *found.beside.values()):
        assert each.shape == (3, CLASSES) and (each >= 0).all()
        torch.testing.assert_close(each.sum(1), torch.ones(3, dtype=torch.float64), atol=1e-12, rtol=0)


def test_the_mix_is_linear_in_views() -> None:
    """Mixed a view and then averaged, or averaged and then mixed."""
    made, given = learner(FLOW), clips(FLOW, 2, 3)
    whole = made.answers(given, classes(), "novel").probabilities
    single = [
        made.answers(MovClips(given.video[:, [k]], given.other[:, [k]]), classes(), "novel").probabilities
        for k in range(3)
    ]
    torch.testing.assert_close(whole, torch.stack(single).mean(0), atol=1e-12, rtol=0)
    parts = made.answers(given, classes(), "novel").beside
    torch.testing.assert_close(whole, 0.25 * parts["other"] + 0.75 * parts["frozen"], atol=1e-12, rtol=0)


def test_a_new_name_trains_nothing_and_changes_no_other_name_s_logit() -> None:
    made, given = learner(FLOW), clips(FLOW, 2, 1)
    before = {name: value.clone() for name, value in made.state_dict().items()}
    names = classes(4)
    more = Classes(torch.cat([names.texts, numbers(1, D, seed=99)]))
    few, many = (made.answers(given, each, "novel") for each in (names, more))
    assert all(torch.equal(value, before[name]) for name, value in made.state_dict().items())
    assert all(parameter.grad is None for parameter in made.parameters())
    for name in ("other", "frozen"):  # logits up to a constant of the row
        logits = [found.beside[name].log() for found in (few, many)]
        between = [each[:, :4] - each[:, :1] for each in logits]
        torch.testing.assert_close(between[0], between[1], atol=1e-9, rtol=1e-9)
    features = numbers(3, D)
    torch.testing.assert_close(cosines(features, more.texts)[:, :4], cosines(features, names.texts), atol=1e-15, rtol=0)


def test_base_names_are_answered_by_the_video_vector_and_others_by_the_other_and_frozen_clip() -> None:
    """The novel path holds nothing of v_m: what v_m alone reads may be changed."""
    made, given = learner(FLOW), clips(FLOW)
    before = {path: made.answers(given, classes(), path) for path in ("base", "novel")}
    made.head.video_reads.mlp.out.weight.data += 1
    after = {path: made.answers(given, classes(), path) for path in ("base", "novel")}
    assert torch.equal(before["novel"].probabilities, after["novel"].probabilities)
    assert not torch.allclose(before["base"].probabilities, after["base"].probabilities)
    for path in ("base", "novel"):
        assert torch.equal(before[path].probabilities, before["base"].beside[path])
        assert torch.equal(before[path].beside["novel"], before["novel"].beside["novel"])


@pytest.mark.parametrize("path", ["base", "novel"])
def test_a_clip_without_sound_is_judged_by_its_frames_and_says_so(path) -> None:
    made, given = learner(SOUND), clips(SOUND)
    spoilt = given.other.clone()
    spoilt[1] = math.nan
    present = torch.tensor([True, False, True])
    found = made.answers(MovClips(given.video, spoilt, present), classes(), path)
    whole = made.answers(given, classes(), path)
    assert found.lacking.tolist() == [False, True, False]
    torch.testing.assert_close(found.probabilities[present], whole.probabilities[present], atol=1e-12, rtol=0)
    assert torch.equal(found.probabilities[1], whole.beside["frozen"][1])
    none = made.answers(MovClips(given.video), classes(), path)
    assert none.lacking.all() and torch.equal(none.probabilities, whole.beside["frozen"])
    with pytest.raises(MethodError, match="a batch to learn from has no sound"):
        made(replace(batch(SOUND), other=None))


def test_frames_through_the_frozen_tower_while_learning_are_the_stored_ones_bit_for_bit() -> None:
    """Losses step by step in float32; the frozen tower is no part of what is stored."""
    model = tiny().float()
    options = FLOW.model_copy(update={"train_layers": 1})
    pictures = torch.randint(0, 256, (3, FRAMES, 12, 12, 3), dtype=torch.uint8)
    found = []
    for cached in (True, False):
        given = towers(options, model, frames=True)
        made = MovLearner(options, given, classes(), 1)
        stored = given.frames.full(pictures.flatten(0, 1)).unflatten(0, (3, FRAMES))
        own = MovBatch(stored if cached else pictures, inputs(options, 3), torch.arange(3))
        optimiser = torch.optim.AdamW(made.parameters(), 1e-3)
        found.append([])
        for _ in range(3):
            optimiser.zero_grad()
            loss = made(own)[0]
            loss.backward()
            optimiser.step()
            found[-1].append(loss.item())
        assert {name.split(".")[0] for name in made.state_dict()} == {"tower", "head"}
        assert {name.split(".")[1] for name in made.state_dict() if name.startswith("tower.")} == {
            "blocks",
            "ln_post",
            "proj",
        }
    assert found[0] == found[1] and len(set(found[0])) == 3
    with pytest.raises(MethodError, match="pictures were given, and no frozen tower"):
        MovLearner(options, replace(given, frames=None), classes(), 1)(own)


def test_a_learner_without_a_tower_is_refused() -> None:
    with pytest.raises(MethodError, match="no tower is given that reads flow or sound"):
        MovLearner(FLOW, VideoTowers(), classes(), 1)


def test_equal_seeds_make_equal_heads() -> None:
    first, again, other = (learner(ONE, seed=seed, shake=False).head.state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(value, again[name]) for name, value in first.items())
    assert not torch.equal(first["phi_v.layers.0.mlp.into.weight"], other["phi_v.layers.0.mlp.into.weight"])


def test_options_that_do_not_fit_are_refused() -> None:
    for wrong, message in (
        ({"train_layers": 0}, "a number of blocks from 1"),
        ({"fusion": "scores", "alpha": 0}, "leaves one modality untrained"),
    ):
        with pytest.raises(ValidationError, match=message):
            MovOptions(**wrong)
    with pytest.raises(MethodError, match="4 heads do not share 6 numbers evenly"):
        Head(FLOW.model_copy(update={"heads": 4}), D)


def test_memory_s_options_do_not_name_what_is_learned() -> None:
    named = MovOptions().naming_fields()
    assert MovOptions(micro_batch=8, recompute=True).naming_fields() == named
    assert set(MovOptions.model_fields) - set(named) == {"micro_batch", "recompute", "cut"}


def test_clip_s_statistics_come_with_the_prompted_image() -> None:
    """What a loaded encoder gives to `frozen_tower`."""
    from plain_towers import image_of

    model = tiny()
    image = image_of(model)
    made = frozen_tower(image.visual, image.mean, image.std, FLOW)
    assert image.visual is model.visual and (image.mean, image.std) == (MEAN, STD)
    assert made.blocks == tuple(model.visual.transformer.resblocks)
