import numpy as np
import pytest
import torch

from pipeline.encoders.errors import CutError, EncoderError

CUTS = {
    ("clip", "text"): ("tokens", "block00", "block01", "output"),
    ("clip", "media"): ("pixels", "patches", "block00", "block01", "block02", "output"),
    ("viclip", "text"): ("tokens", "block00", "block01", "output"),
    ("viclip", "media"): ("frames", "block00", "block01", "block02", "output"),
    ("clap", "text"): ("tokens", "block00", "block01", "block02", "output"),
    ("clap", "media"): ("waveform", "spectrogram", "stage00", "stage01", "output"),
}
TOWERS = list(CUTS)
TABLE = [(*tower, cut) for tower, cuts in CUTS.items() for cut in cuts]


@pytest.mark.parametrize(("family", "half"), TOWERS)
def test_cuts_are_named(encoders, family, half):
    assert getattr(encoders[family], half).cuts == CUTS[family, half]


@pytest.mark.parametrize(("family", "half", "cut"), TABLE)
def test_upper_of_lower_is_full(encoders, inputs, family, half, cut):
    tower, x = getattr(encoders[family], half), inputs[family][half]
    acts = tower.lower(x, cut)
    assert all(len(rows) == len(x) for rows in acts.values())
    torch.testing.assert_close(tower.upper(acts, cut), tower.full(x), atol=0, rtol=0)


@pytest.mark.parametrize(("family", "half", "cut"), TABLE)
def test_rows_do_not_depend_on_each_other(encoders, inputs, family, half, cut):
    tower, x = getattr(encoders[family], half), inputs[family][half]
    together = tower.lower(x, cut)
    alone = tower.lower(x[1:2], cut)
    for name, rows in alone.items():
        torch.testing.assert_close(rows, together[name][1:2], atol=2e-5, rtol=1e-5)


@pytest.mark.parametrize(("family", "half", "cut"), TABLE)
def test_stored_halves_continue_above_the_cut(encoders, inputs, family, half, cut):
    tower, x = getattr(encoders[family], half), inputs[family][half]
    halves = {
        name: rows.numpy().astype(np.float16) if rows.is_floating_point() else rows.numpy()
        for name, rows in tower.lower(x, cut).items()
    }
    out = tower.upper(halves, cut)
    assert out.dtype == torch.float32
    torch.testing.assert_close(out, tower.full(x), atol=0.02, rtol=0.02)


@pytest.mark.parametrize(("family", "half"), TOWERS)
def test_different_inputs_differ(encoders, inputs, family, half):
    out = getattr(encoders[family], half).full(inputs[family][half])
    distances = torch.cdist(out, out) + torch.eye(len(out))
    assert distances.min() > 1e-3
    assert out.shape == (6, 20)


def test_lower_keeps_no_graph_and_upper_does(encoders, inputs):
    tower, pixels = encoders["clip"].media, inputs["clip"]["media"]
    acts = tower.lower(pixels, "block01")
    assert not acts["activations"].requires_grad
    acts["activations"].requires_grad_()
    tower.upper(acts, "block01").sum().backward()
    assert acts["activations"].grad.abs().sum() > 0


def test_an_unknown_cut_is_refused(encoders, inputs):
    with pytest.raises(CutError) as error:
        encoders["clip"].media.lower(inputs["clip"]["media"], "block12")
    assert str(error.value) == (
        "this tower has no cut 'block12'; it can be cut at pixels, patches, block00, block01, block02, output"
    )


@pytest.mark.parametrize(("family", "half"), [tower for tower in TOWERS if tower != ("clip", "media")])
def test_all_but_clips_images_refuse_prompts(encoders, inputs, family, half):
    tower = getattr(encoders[family], half)
    with pytest.raises(EncoderError) as error:
        tower.upper(tower.lower(inputs[family][half], "output"), "output", prompts=torch.zeros(1))
    assert str(error.value) == ("this tower takes no prompts; of those here CLIP's image tower does. Leave prompts out")
