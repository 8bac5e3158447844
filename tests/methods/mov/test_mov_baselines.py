"""Frozen CLIP, CoOp and CLIP-Adapter on video means, each against a derivation of its own; the 28 sentences."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from mov_world import CLASSES, FLOW, D, classes, clips, numbers
from plain_towers import image_of, plain_text, text_of, tiny

from pipeline.encoders.templates import CLIP_ACTION_TEMPLATES
from pipeline.methods.base import MethodError
from pipeline.methods.mov.baselines import ClipAdapter, FrozenClip, VideoCoOp
from pipeline.methods.mov.batch import Classes, MovBatch, MovClips, VideoTowers
from pipeline.methods.mov.config import ClipAdapterOptions, FrozenClipOptions, VideoCoOpOptions

NAMES = ["walking the dog", "rain", "juggling", "archery", "yoga"]
NOVEL = ["long jump", "surfing"]
LABELS = [0, 3, 4]


def given(seed=1, frames=4):
    return MovBatch(numbers(3, frames, D, seed=seed), None, torch.tensor(LABELS))


def chances(m, texts, tau):
    cos = [float(m @ row) / math.sqrt(float(m @ m) * float(row @ row)) for row in texts]
    raised = [math.exp((each - max(cos)) / tau) for each in cos]
    return np.array(raised) / sum(raised)


def entropy(features, texts, tau):
    return -sum(math.log(chances(m, texts, tau)[y]) for m, y in zip(features, LABELS, strict=True)) / 3


def text_world():
    model = tiny()
    text = text_of(model)
    bound = [Classes(classes(len(names), seed=11).texts, text.classes(names)) for names in (NAMES, NOVEL)]
    return model, VideoTowers(image_of(model), None, text), *bound


def test_frozen_clip_over_frames_and_views() -> None:
    shown, names = clips(FLOW, 2, 3), classes(7)
    found = FrozenClip(FrozenClipOptions(tau=0.05), VideoTowers()).answers(shown, names)
    for row, views in zip(found.probabilities.numpy(), shown.video.numpy(), strict=True):
        wanted = sum(chances(view.mean(0), names.texts.numpy(), 0.05) for view in views) / 3
        np.testing.assert_allclose(row, wanted, atol=1e-12)
    unit = FrozenClip(FrozenClipOptions(tau=0.05, video_mean="unit"), VideoTowers()).answers(shown, names)
    frames = shown.video[0, 0].numpy()
    mean = np.stack([row / np.sqrt(row @ row) for row in frames]).mean(0)
    own = FrozenClip(FrozenClipOptions(tau=0.05, video_mean="unit"), VideoTowers())
    only = own.answers(MovClips(shown.video[:1, :1]), names).probabilities[0].numpy()
    np.testing.assert_allclose(only, chances(mean, names.texts.numpy(), 0.05), atol=1e-12)
    assert not torch.allclose(unit.probabilities, found.probabilities)
    assert not found.lacking.any()


def test_frozen_clip_of_pictures_is_its_own_image_tower() -> None:
    model = tiny()
    pictures = torch.randint(0, 256, (1, 1, 4, 12, 12, 3), dtype=torch.uint8)
    prepared = (pictures[0, 0].double() / 255 - torch.tensor([0.4, 0.5, 0.6])) / torch.tensor([0.2, 0.25, 0.3])
    mean = model.visual(prepared.permute(0, 3, 1, 2)).mean(0).numpy()
    names = classes(4)
    made = FrozenClip(FrozenClipOptions(tau=0.1), VideoTowers(image_of(model)))
    found = made.answers(MovClips(pictures), names).probabilities[0].numpy()
    np.testing.assert_allclose(found, chances(mean, names.texts.numpy(), 0.1), atol=1e-6)


def test_coop_is_the_text_tower_behind_its_prompts_on_the_mean_of_frames() -> None:
    model, towers, base, novel = text_world()
    made = VideoCoOp(VideoCoOpOptions(text_prompts=3, tau=0.05), towers, base, seed=1).double()
    prompts = made.text_prompts
    means = given().video.mean(1)
    own = plain_text(model, prompts[None], NAMES)[0]
    loss, parts = made(given())
    assert loss.item() == pytest.approx(entropy(means.numpy(), own.detach().numpy(), 0.05), abs=1e-10)
    unit = own / own.norm(dim=1, keepdim=True)
    logits = means / means.norm(dim=1, keepdim=True) @ unit.T / 0.05
    plain = -logits.log_softmax(1)[torch.arange(3), LABELS].mean()
    (wanted,) = torch.autograd.grad(plain, prompts)
    loss.backward()
    torch.testing.assert_close(prompts.grad, wanted, atol=1e-10, rtol=1e-10)
    assert [name for name, _ in made.named_parameters()] == ["text_prompts"] == list(made.state_dict())
    shown = MovClips(given().video[:, None])
    found = made.answers(shown, novel).probabilities.numpy()
    texts = plain_text(model, prompts[None], NOVEL)[0].detach().numpy()
    np.testing.assert_allclose(found, np.stack([chances(m, texts, 0.05) for m in means.numpy()]), atol=1e-10)
    assert parts["loss"].item() == loss.item()


def test_coop_starts_from_words_and_says_what_it_lacks() -> None:
    model, towers, base, _ = text_world()
    made = VideoCoOp(VideoCoOpOptions(text_prompts=4, text_init="a video of a"), towers, base, seed=1)
    torch.testing.assert_close(made.text_prompts, towers.text.words("a video of a").float())
    with pytest.raises(MethodError, match="takes no learned prompts"):
        VideoCoOp(VideoCoOpOptions(), replace(towers, text=None), base, seed=1)
    with pytest.raises(MethodError, match="the classes have no tokens"):
        VideoCoOp(VideoCoOpOptions(), towers, classes(), seed=1)(given())


@pytest.mark.parametrize(("video", "text"), [(0.2, 0.2), (0.6, 0.0), (0.0, 0.3)])
def test_clip_adapter_on_both_sides(video: float, text: float) -> None:
    options = ClipAdapterOptions(reduction=2, video_ratio=video, text_ratio=text, tau=0.05)
    made = ClipAdapter(options, VideoTowers(), classes(), seed=1).double()
    p = {name: value.detach().numpy() for name, value in made.named_parameters()}

    def adapted(rows, side, ratio):
        if not ratio:
            return rows
        hidden = np.maximum(rows @ p[f"{side}_adapter.0.weight"].T, 0)
        return ratio * np.maximum(hidden @ p[f"{side}_adapter.2.weight"].T, 0) + (1 - ratio) * rows

    batch = given()
    texts = adapted(classes().texts.numpy(), "text", text)
    features = adapted(batch.video.numpy().mean(1), "video", video)
    loss, _ = made(batch)
    assert loss.item() == pytest.approx(entropy(features, texts, 0.05), abs=1e-10)
    loss.backward()
    assert all(value.grad.abs().max() > 0 for value in made.parameters())
    assert {name.split("_")[0] for name in p} == {side for side, on in (("video", video), ("text", text)) if on}
    names = classes(7, seed=8)
    found = made.answers(MovClips(batch.video[:, None]), names).probabilities.numpy()
    wanted = adapted(names.texts.numpy(), "text", text)
    np.testing.assert_allclose(found, np.stack([chances(m, wanted, 0.05) for m in features]), atol=1e-10)


def test_clip_adapter_with_nothing_to_learn_is_refused() -> None:
    with pytest.raises(ValueError, match="which is the frozen encoder"):
        ClipAdapterOptions(video_ratio=0, text_ratio=0)


def test_shares_of_a_step_are_read_by_baselines() -> None:
    made = ClipAdapter(ClipAdapterOptions(reduction=2), VideoTowers(), classes(), seed=1).double()
    loss, parts = made(given())
    part, few = made(replace(given(), share=0.25))
    assert part.item() == pytest.approx(loss.item() / 4, abs=1e-12) and few["loss"].item() == part.item()
    assert len(classes().texts) == CLASSES and parts.keys() == few.keys()


def test_the_28_sentences_of_clip() -> None:
    assert len(set(CLIP_ACTION_TEMPLATES)) == 28
    assert CLIP_ACTION_TEMPLATES[0] == "a photo of {}."
    for written in (
        "a photo of a person {}.", "a video of a person using {}.", "a example of a person doing {}.",
        "a demonstration of a person during {}.", "a photo of a person performing {}.", "a video of a person practicing {}.",
        "a demonstration of {}.",
    ):  # fmt: skip
        assert written in CLIP_ACTION_TEMPLATES
    verbs = {sentence.split(" of ")[1] for sentence in CLIP_ACTION_TEMPLATES}
    assert len(verbs) == 7 and all(sentence.endswith("{}.") for sentence in CLIP_ACTION_TEMPLATES)
