"""The tower of flow and sound: what it reads, what it copies, that it starts as CLIP; positions computed independently."""

import numpy as np
import open_clip
import pytest
import torch
from mov_world import FLOW, FRAMES, KINDS, MEAN, SOUND, STD, inputs, numbers, towers
from plain_towers import shaken, tiny

from pipeline.methods.base import MethodError
from pipeline.methods.mov.config import MovOptions
from pipeline.methods.mov.counts import first_learned
from pipeline.methods.mov.frozen import flow_pictures, frozen_tower
from pipeline.methods.mov.positions import resized
from pipeline.methods.mov.tower import LearnedTower, shape_of

CLIP_MEAN, CLIP_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


def pictures_of(stored):
    """Flow as CLIP reads it: bytes and 127.5, over 255, minus the mean, over the deviation."""
    found = np.full((*stored.shape[:-1], 3), 127.5)
    found[..., :2] = stored.numpy()
    return torch.from_numpy((found / 255 - np.array(MEAN)) / np.array(STD)).permute(0, 3, 1, 2)


def rows_of(options, clips=2):
    """Inputs of the tower, a picture a row."""
    found = inputs(options, clips)
    return found if options.other == "sound" else found.flatten(0, 1)


def test_flow_is_read_as_clip_reads_pictures() -> None:
    model, stored = tiny(), rows_of(FLOW)
    tower = towers(FLOW, model).other
    torch.testing.assert_close(tower.staged.full(stored), model.visual(pictures_of(stored)), atol=1e-10, rtol=1e-10)


def test_a_spectrogram_is_three_equal_channels_with_bins_as_rows_and_resized_positions() -> None:
    """open_clip's own tower of the spectrogram's shape, given the same weights."""
    model, stored = tiny(), rows_of(SOUND)
    visual = open_clip.CLIP(
        embed_dim=6, vision_cfg={"image_size": (8, 12), "patch_size": 4, "width": 8, "layers": 3, "head_width": 4},
        text_cfg={"context_length": 8, "vocab_size": 9, "width": 4, "heads": 1, "layers": 1},
    ).double().visual  # fmt: skip
    state = dict(model.visual.state_dict())
    state["positional_embedding"] = resized(state["positional_embedding"], (3, 3), (2, 3), "bilinear")
    visual.load_state_dict(state)
    visual.eval().requires_grad_(False)
    pictures = stored.transpose(1, 2)[:, None].repeat(1, 3, 1, 1)
    one = SOUND.model_copy(update={"audio_tokens": "one"})
    torch.testing.assert_close(towers(one, model).other.staged.full(stored), visual(pictures), atol=1e-10, rtol=1e-10)
    tokens = visual.ln_post(visual.transformer(visual._embeds(pictures)))[:, 1:] @ visual.proj
    torch.testing.assert_close(towers(SOUND, model).other.staged.full(stored), tokens, atol=1e-10, rtol=1e-10)


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
def test_cutting_the_frozen_tower_changes_nothing(options: MovOptions) -> None:
    tower, stored = towers(options).other.staged, rows_of(options)
    whole = tower.full(stored)
    for cut in tower.cuts:
        assert torch.equal(tower.upper(tower.lower(stored, cut), cut), whole)


def deep(dtype):
    """Twelve blocks, so that all of Table 6 can be asked."""
    torch.manual_seed(0)
    sizes = {"image_size": 24, "patch_size": 8, "width": 16, "layers": 12, "head_width": 8}
    text = {"context_length": 8, "vocab_size": 9, "width": 4, "heads": 1, "layers": 1}
    return shaken(open_clip.CLIP(embed_dim=8, vision_cfg=sizes, text_cfg=text)).to(dtype)


@pytest.mark.parametrize("train_layers", ["all", 12, 9, 6, 3, 1])
@pytest.mark.parametrize("kind", KINDS)
def test_the_copy_starts_as_the_frozen_tower_from_its_cut_and_from_pixels(kind, train_layers) -> None:
    options = KINDS[kind].model_copy(update={"train_layers": train_layers, "sound_bins": 16, "sound_frames": 40})
    frozen = frozen_tower(deep(torch.float32).visual, MEAN, STD, options)
    shape = (3, 40, 16) if options.other == "sound" else (3, 24, 24, 2)
    stored = numbers(*shape, dtype=torch.float32) if options.other == "sound" else torch.randint(0, 256, shape)
    wanted = frozen.staged.full(stored)
    wanted = wanted if wanted.ndim == 3 else wanted[:, None]
    cut = first_learned(options, shape_of(frozen))
    assert cut == {"all": "pixels", 12: "patches", 9: "block02", 6: "block05", 3: "block08", 1: "block10"}[train_layers]
    at_cut = frozen.staged.lower(stored, cut)["activations"]
    for place, given in ((cut, at_cut), ("pixels", stored), ("patches", None)):
        if given is None and cut != "pixels":
            given = frozen.staged.lower(stored, "patches")["activations"]
        if given is not None:
            copy = LearnedTower(options, frozen, place)
            torch.testing.assert_close(copy(given), wanted, atol=1e-6, rtol=1e-6)
            blocks = 12 if train_layers == "all" else train_layers
            places = {name.split(".")[1] for name in copy.state_dict() if name.startswith("blocks")}
            assert places == {f"block{number:02}" for number in range(12 - blocks, 12)}
            assert any(name.startswith("embedding") for name in copy.state_dict()) == (train_layers == "all")
            assert {"ln_post.weight", "proj"} < set(copy.state_dict())
            assert set(dict(copy.named_parameters())) == set(copy.state_dict())


def test_learning_moves_the_copy_and_nothing_of_clip() -> None:
    options = FLOW.model_copy(update={"train_layers": 2})
    model = tiny()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    frozen, stored = frozen_tower(model.visual, MEAN, STD, options), rows_of(options)
    copy = LearnedTower(options, frozen, "pixels")
    copy(stored).square().sum().backward()
    torch.optim.SGD(copy.parameters(), 0.1).step()
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert (copy(stored)[:, 0] - frozen.staged.full(stored)).abs().max() > 1e-3
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
def test_activations_made_again_give_the_same_gradients(options: MovOptions) -> None:
    stored, found = rows_of(options), []
    for recompute in (False, True):
        copy = LearnedTower(options.model_copy(update={"recompute": recompute}), towers(options).other, "pixels")
        out = copy(stored)
        out.square().sum().backward()
        found.append([out.detach(), *[parameter.grad for parameter in copy.parameters()]])
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))


def test_a_cut_above_what_is_learned_is_refused() -> None:
    options = FLOW.model_copy(update={"train_layers": 2})
    with pytest.raises(MethodError, match="mov learns from 'block00' on.*allowed are pixels, patches, block00"):
        LearnedTower(options, towers(options).other, "block01")


def test_more_blocks_than_there_are_is_refused() -> None:
    options = FLOW.model_copy(update={"train_layers": 9})
    with pytest.raises(
        MethodError, match="train_layers is 9; this image tower has 3 blocks. Write train_layers: all, or 3"
    ):
        LearnedTower(options, towers(options).other, "pixels")


def test_towers_of_another_kind_and_spectrograms_of_another_shape_are_refused() -> None:
    with pytest.raises(MethodError, match="Take clip-vit-b16-openai"):
        frozen_tower(tiny(vision={"pool_type": "avg"}).visual, MEAN, STD, FLOW)
    with pytest.raises(MethodError, match="13 frames of 8 bins; 12 of 8 are to be read"):
        towers(SOUND).other.staged.full(numbers(1, 13, 8))
    with pytest.raises(MethodError, match="smaller than a patch of 4 x 4"):
        towers(SOUND.model_copy(update={"sound_bins": 3}))


def test_the_third_channel() -> None:
    """127.5 of 255 behind CLIP's mean and deviation is 0.33284; a still, stored as 128, lies 0.5 of 255 above it in red."""
    stored = torch.full((1, 2, 2, 2), 128, dtype=torch.uint8)
    found = flow_pictures(CLIP_MEAN, CLIP_STD, MovOptions(), torch.float64)(stored)
    assert found[0, 2].numpy() == pytest.approx(0.33284, abs=5e-6)
    assert found[0, 0].numpy() == pytest.approx((128 / 255 - CLIP_MEAN[0]) / CLIP_STD[0], abs=1e-12)
    plain = flow_pictures(CLIP_MEAN, CLIP_STD, MovOptions(flow_third="zero", flow_normalised=False), torch.float64)(
        stored
    )
    assert plain[0, :, 0, 0].tolist() == [128 / 255, 128 / 255, 0.0]


def interpolated(old, length):
    """Positions of a side's new points among its old ones, by the half-pixel rule."""
    return [min(max((i + 0.5) * old / length - 0.5, 0), old - 1) for i in range(length)]


def along(field, points):
    """Linear between the two neighbours, along the first side."""
    low = [int(point) for point in points]
    high = [min(index + 1, len(field) - 1) for index in low]
    return np.stack(
        [field[a] + (point - a) * (field[b] - field[a]) for a, b, point in zip(low, high, points, strict=True)]
    )


@pytest.mark.parametrize(("how", "rows"), [("bilinear", None), ("ast", slice(3, 11))])
def test_positions_14_x_14_to_8_x_50(how, rows) -> None:
    positions = numbers(197, 5)
    field = positions[1:].reshape(14, 14, 5).numpy()
    field = along(field, interpolated(14, 8)) if rows is None else field[rows]
    field = along(field.swapaxes(0, 1), interpolated(14, 50)).swapaxes(0, 1)
    found = resized(positions, (14, 14), (8, 50), how).numpy()
    np.testing.assert_allclose(found[1:], field.reshape(400, 5), atol=1e-12)
    assert np.array_equal(found[0], positions[0].numpy())


def test_positions_of_the_same_shape_stay_and_ast_cuts_both_sides() -> None:
    positions = numbers(10, 2)
    assert resized(positions, (3, 3), (3, 3), "bilinear") is positions
    found = resized(positions, (3, 3), (2, 1), "ast")
    assert torch.equal(found, positions[[0, 1 + 1, 1 + 4]])


def test_a_clip_of_flow_is_a_vector_a_frame() -> None:
    tower = LearnedTower(FLOW, towers(FLOW).other, "pixels")
    assert tower(inputs(FLOW, 2).flatten(0, 1)).shape == (2 * FRAMES, 1, 6)
