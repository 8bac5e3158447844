"""ProMPT against the paper's formulas written out, its options, and where its gradients go."""

import pytest
import torch
from plain_prompt import NAMES, WIDTH, cosine, plain_prompt, world
from plain_towers import plain_image, plain_text
from torch.nn import functional as F

from pipeline.methods.few_shot.objective import Objective
from pipeline.methods.few_shot.task import ClassTexts
from pipeline.methods.prompt.config import PromptConfig, trainable_numbers
from pipeline.methods.prompt.model import ProMPT

SIZES = {"vision_prompts": 3, "depth": 2, "text_prompts": 5}


def made(towers, seed=7, **options):
    learner = ProMPT(PromptConfig(**{**SIZES, **options}), towers, WIDTH, seed).double()
    generator = torch.Generator().manual_seed(3)
    for parameter in learner.parameters():  # nothing small enough to hide in
        parameter.data += 0.3 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    return learner


def same(ours, wanted, bound=1e-11):
    return ((ours - wanted).abs().max() / wanted.abs().max()).item() < bound


@pytest.mark.parametrize("detach", [False, True])
@pytest.mark.parametrize(("names", "slots"), [(NAMES, 3), (NAMES[:2], 3), (NAMES, 1)])
def test_logits_and_gradients_are_those_of_the_formulas(names, slots, detach):
    model, towers, shots, classes = world(names)
    learner = made(towers, vision_prompts=slots, iterations=3, detach=detach)
    own = dict(learner.named_parameters())
    tokens = shots.activations["activations"]
    options = {"slots": slots, "iterations": 3, "detach": detach}
    wanted = plain_prompt(model, own, tokens, shots.features, classes.features, names, **options)
    ours = torch.stack(learner(shots, classes))
    assert same(ours, wanted)
    assert (wanted[1] - wanted[0]).abs().max() > 1e-2 and (wanted[2] - wanted[1]).abs().max() > 1e-2
    weights = torch.randn(wanted.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    gradients = [torch.autograd.grad((x * weights).sum(), list(own.values())) for x in (ours, wanted)]
    for name, mine, theirs in zip(own, *gradients, strict=True):
        assert same(mine, theirs, 1e-9), name
        assert theirs.abs().max() > 1e-6, name
    assert all(parameter.grad is None for parameter in model.parameters())


def test_the_loss_is_equation_14():
    model, towers, shots, classes = world()
    learner = made(towers, iterations=3)
    loss, parts = Objective(learner, classes, decay=0.7)(shots)
    logits = learner(shots, classes)
    each = [
        -sum(torch.log(row.exp()[y] / row.exp().sum()) for row, y in zip(scores, shots.labels, strict=True)) / 3
        for scores in logits
    ]
    assert same(loss, 0.49 * each[0] + 0.7 * each[1] + each[2])
    assert [parts[f"loss/{n}"].item() for n in (1, 2, 3)] == pytest.approx([x.item() for x in each])
    assert parts["accuracy/2"].item() == pytest.approx((logits[1].argmax(1) == shots.labels).double().mean().item())


def test_finite_differences_agree():
    _, towers, shots, classes = world()
    learner = made(towers)
    objective = Objective(learner, classes)
    own = list(learner.parameters())
    objective(shots)[0].backward()
    generator = torch.Generator().manual_seed(5)
    for parameter in own:
        way = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
        values = []
        for step in (1e-6, -2e-6):
            parameter.data += step * way
            values.append(objective(shots)[0].item())
        parameter.data += 1e-6 * way
        assert (values[0] - values[1]) / 2e-6 == pytest.approx((parameter.grad * way).sum().item(), rel=1e-5)


@pytest.mark.parametrize("late", [False, True])
def test_prompts_may_enter_the_last_blocks_only(late):
    model, towers, shots, classes = world()
    blocks = len(towers.image.blocks)
    cut = f"block{blocks - SIZES['depth'] - 1:02d}" if late else "patches"
    x = towers.image.staged.steps[1]({"activations": shots.activations["activations"]}) if late else shots.activations
    learner = made(type(towers)(towers.text, towers.image, cut), late=late)
    ours = learner(type(shots)(shots.features, x, shots.labels), classes, iterations=1)[0]
    own = dict(learner.named_parameters())
    chosen = F.normalize(classes.features, dim=-1)[None].expand(3, -1, -1)
    ranked = cosine(shots.features[:, None], chosen).argsort(1, descending=True)[:, :3]
    chosen = chosen.gather(1, ranked[..., None].expand(-1, -1, WIDTH))
    vision = learner.vision_generator(chosen) + own["vision_prompts"]
    image = plain_image(model, x["activations"], vision, first=blocks - 2 if late else 0)
    prompts = own["text_prompts"] + learner.text_generator(F.normalize(image, dim=-1))[:, None]
    texts = plain_text(model, prompts, NAMES)
    assert same(ours, model.logit_scale.exp() * cosine(image[:, None], texts))


def test_options_change_what_they_say():
    model, towers, shots, classes = world()
    usual = made(towers)(shots, classes)
    changes = {
        "maple_ln_pre": True,
        "slots": "class",
        "feature_filter": False,
        "normalise_conditions": False,
        "vision_generator": False,
        "text_generator": False,
    }
    for name, value in changes.items():
        other = made(towers, **{name: value})(shots, classes)
        assert (other[-1] - usual[-1]).abs().max() > 1e-3, name


def test_without_generators_nothing_depends_on_the_image_s_first_look():
    _, towers, shots, classes = world()
    learner = made(towers, vision_generator=False, text_generator=False, iterations=3)
    assert {name for name, _ in learner.named_parameters()} == {"vision_prompts", "text_prompts"}
    first, second, third = learner(shots, classes)
    assert torch.equal(first, second) and torch.equal(second, third)
    other = type(shots)(shots.features.flip(0), shots.activations, shots.labels)
    assert torch.equal(learner(other, classes)[0], first)


def test_the_mean_of_all_classes_may_stand_for_the_filter():
    _, towers, shots, classes = world()
    learner = made(towers, feature_filter=False, unfiltered="mean")
    mean = ClassTexts(classes.features.mean(0, keepdim=True).expand(3, -1), classes.tokens)
    assert same(learner(shots, classes, 1)[0], made(towers)(shots, mean, 1)[0])


def test_slots_in_the_order_of_classes():
    _, towers, shots, classes = world()
    ranked, ordered = made(towers, vision_prompts=5), made(towers, vision_prompts=5, slots="class")
    fixed = learner_prompts(ordered, shots, classes)
    vectors = F.normalize(classes.features, dim=-1)
    wanted = ordered.vision_generator(vectors.expand(3, -1, -1)) + ordered.vision_prompts
    assert same(fixed, wanted)
    assert not same(learner_prompts(ranked, shots, classes), wanted, 1e-3)


def learner_prompts(learner, shots, classes):
    return learner._vision_prompts(learner.vision_prompts[None], shots.features, classes.features)


def test_few_classes_leave_slots_out_or_come_again():
    _, towers, shots, classes = world(NAMES[:2])
    fewer, again = made(towers, vision_prompts=5), made(towers, vision_prompts=5, few_classes="repeat")
    assert learner_prompts(fewer, shots, classes).shape == (3, 2, 2, 8)
    prompts = learner_prompts(again, shots, classes) - again.vision_prompts
    assert prompts.shape == (3, 2, 5, 8)
    assert same(prompts[:, :, 2:4], prompts[:, :, :2]) and same(prompts[:, :, 4], prompts[:, :, 0])
    assert not same(prompts[:, :, 1], prompts[:, :, 0], 1e-3)
    assert len(again(shots, classes)) == 2


def test_the_first_prompt_may_stand_for_the_start_token():
    model, towers, shots, classes = world()
    learner = ProMPT(PromptConfig(**SIZES, text_start="learned", generator_init="zero-output"), towers, WIDTH, 0)
    words = towers.text.words("a photo of a")
    assert torch.equal(learner.text_prompts.double(), torch.cat([towers.text.start()[None], words]).float().double())
    learner = learner.double()
    learner.text_prompts.data = torch.cat([towers.text.start()[None], words])
    image = towers.image.upper(shots.activations, "patches", prompts=learner.vision_prompts[None])
    wanted = model.logit_scale.exp() * cosine(image[:, None], classes.features)
    assert same(learner(shots, classes, 1)[0], wanted)


def test_prompts_start_as_one_drawn_vector_and_the_four_words():
    _, towers, _, _ = world()
    words = towers.text.words("a photo of a").float()
    five = ProMPT(PromptConfig(), towers, WIDTH, 1).text_prompts
    assert torch.equal(five[1:], words) and 0.005 < five[0].std() < 0.04
    assert torch.equal(ProMPT(PromptConfig(text_prompts=2), towers, WIDTH, 1).text_prompts, words[:2])


def test_seeds_draw_the_start_and_nothing_else_of_the_process():
    _, towers, _, _ = world()
    torch.manual_seed(0)
    state = torch.get_rng_state()
    one, same_one, other = (ProMPT(PromptConfig(), towers, WIDTH, seed).state_dict() for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(one[name], same_one[name]) for name in one)
    assert not torch.equal(one["vision_prompts"], other["vision_prompts"])
    zeros = ProMPT(PromptConfig(vision_init="zeros"), towers, WIDTH, 1).vision_prompts
    assert not zeros.any()


def test_the_published_sizes_make_139328_numbers():
    parts = trainable_numbers(PromptConfig(), 512, 768, 512)
    assert parts == {
        "vision generator": 48_160,
        "text generator": 33_312,
        "vision prompts": 55_296,
        "text prompts": 2_560,
    }
    assert sum(parts.values()) == 139_328


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"layer_biases": "output"},
        {"vision_generator": False},
        {"text_generator": False},
        {"depth": 3, "vision_prompts": 1},
    ],
)
def test_the_count_is_that_of_the_parameters(options):
    _, towers, _, _ = world()
    learner = made(towers, **options)
    parts = trainable_numbers(learner.config, WIDTH, 8, 12)
    assert sum(parts.values()) == sum(parameter.numel() for parameter in learner.parameters())
    assert set(learner.state_dict()) == {name for name, _ in learner.named_parameters()}
