"""mIoU and F of masks: worked examples with known answers, and a second computation that follows the published loop."""

import numpy as np
import pytest
import torch

from pipeline.evaluation.errors import EvaluationError
from pipeline.evaluation.mask_priors import EVERYTHING, NOTHING, USUAL, MeanMask, mask_priors
from pipeline.evaluation.masks import MaskTally, thresholds, video_values
from pipeline.media.mask_spec import NO_MASK

HALF = np.array([[1, 1], [0, 0]], dtype=np.uint8)
EMPTY = np.zeros((2, 2), dtype=np.uint8)
GONE = np.full((2, 2), NO_MASK, dtype=np.uint8)


def of(*frames: object) -> np.ndarray:
    return np.array(frames, dtype=np.float32)


def test_thresholds_are_the_published_ones() -> None:
    """Those of torch, whose last bits depend on the machine's instructions."""
    published = torch.linspace(0, 1 - 1e-10, 255).numpy()
    assert thresholds().shape == (255,) and np.abs(thresholds() - published).max() <= 2**-24
    assert thresholds()[0] == 0 and thresholds()[-1] == published[-1] == 1


def test_iou_of_a_frame_and_the_mean_of_a_video() -> None:
    right = video_values(of([[1, 1], [0, 0]]), HALF[None])
    assert right.iou == pytest.approx(1, abs=1e-6) and right.f == pytest.approx(1)
    # One of two right, one wrong: I = 1, U = 3.
    wrong = video_values(of([[1, 0], [1, 0]]), HALF[None])
    assert wrong.iou == pytest.approx(1 / 3, abs=1e-6)
    both = video_values(of([[1, 1], [0, 0]], [[1, 0], [1, 0]]), np.stack([HALF, HALF]))
    assert both.iou == pytest.approx(2 / 3, abs=1e-6) and both.frames == 2


def test_a_half_is_not_called() -> None:
    """More than one half, not one half and more, as AVSBench has it."""
    assert video_values(of(np.full((2, 2), 0.5)), HALF[None]).iou == 0
    assert video_values(of(np.full((2, 2), 0.5001)), HALF[None]).iou == pytest.approx(1 / 2, abs=1e-6)


def test_where_nothing_sounds_iou_is_the_share_left_dark_and_f_leaves_the_frame_out() -> None:
    found = video_values(of([[1, 0], [0, 0]], [[1, 1], [0, 0]]), np.stack([EMPTY, HALF]))
    assert found.iou == pytest.approx((3 / 4 + 1) / 2, abs=1e-6)
    assert found.f == pytest.approx(1) and (found.frames, found.silent) == (2, 1)
    silent = video_values(of([[0, 0], [0, 0]]), EMPTY[None])
    assert silent.iou == pytest.approx(1, abs=1e-6) and silent.f == 0
    tally = MaskTally()
    tally.add(of([[0, 0], [0, 0]]), EMPTY[None])
    tally.add(of([[1, 1], [0, 0]]), HALF[None])
    scores = tally.scores()
    assert (scores.f, scores.silent, scores.videos) == (pytest.approx(0.5), 1, 2)  # a silent video counts with 0


def test_f_weights_precision_more_than_recall() -> None:
    """P = 1/2, R = 1: 1.3 * 0.5 / (0.15 + 1) at every threshold that calls all; P = 1, R = 1/2: 0.65 / (0.3 + 0.5)."""
    assert video_values(of([[1, 1], [1, 1]]), HALF[None]).f == pytest.approx(0.65 / 1.15)
    # The threshold 0 calls all pixels, whatever is answered: half of a mask has more there, 0.8125 above 0.565.
    half = video_values(of([[1, 0], [0, 0]]), HALF[None])
    assert half.curve[0] == pytest.approx(0.65 / 1.15) and half.curve[1:] == pytest.approx(0.65 / 0.8)
    assert half.f == pytest.approx(0.8125)


def test_the_threshold_is_the_best_of_the_videos_mean_curve_and_not_of_each_frame() -> None:
    """Frame one is right between 0.3 and 0.5, frame two between 0.7 and 0.9: no one threshold is right for both."""
    one, two = [[0.5, 0.5], [0.3, 0.3]], [[0.9, 0.9], [0.7, 0.7]]
    truth = np.stack([HALF, HALF])
    alone = [video_values(of(frame), HALF[None]).f for frame in (one, two)]
    assert alone == [pytest.approx(1), pytest.approx(1)]
    together = video_values(of(one, two), truth).f
    assert together == pytest.approx((1 + 0.65 / 1.15) / 2)
    tally = MaskTally()
    for frame in (one, two):  # as two videos each has its own threshold
        tally.add(of(frame), HALF[None])
    assert tally.scores().f == pytest.approx(1) and tally.scores().curve.max() == pytest.approx((1 + 0.65 / 1.15) / 2)


def test_frames_without_a_mask_are_not_judged() -> None:
    answer = of([[1, 1], [0, 0]], [[0, 0], [1, 1]])
    found = video_values(answer, np.stack([HALF, GONE]))
    assert found.iou == pytest.approx(1, abs=1e-6) and found.f == pytest.approx(1) and found.frames == 1
    with pytest.raises(EvaluationError, match="without any mask cannot be judged"):
        video_values(answer, np.stack([GONE, GONE]))


def test_a_second_computation_follows_the_published_loop() -> None:
    """A loop over thresholds in torch, float32, written from the published formula; values differ by its rounding alone."""
    rng = np.random.default_rng(0)
    for case in range(6):
        truth = (rng.random((5, 16, 16)) < 0.3).astype(np.uint8)
        truth[case % 5] = 0
        answer = np.clip(truth * 0.4 + rng.random(truth.shape) * 0.8, 0, 1).astype(np.float32)
        answer[0, 0] = thresholds()[rng.integers(255, size=16)]  # pixels that lie on a threshold to the bit
        found = video_values(answer, truth)
        iou, f = _looped(torch.from_numpy(answer), torch.from_numpy(truth).float())
        assert found.iou == pytest.approx(iou, abs=1e-6) and found.f == pytest.approx(f, abs=1e-6)


def _looped(answer: torch.Tensor, truth: torch.Tensor) -> tuple[float, float]:
    ious, total, counted = [], torch.zeros(255), 0
    for p, t in zip(answer, truth, strict=True):
        called = (p > 0.5).float()
        if t.sum() == 0:
            ious.append(((1 - called).sum() / (t.numel() + 1e-7)).item())
            continue
        ious.append(((called * t).sum() / (torch.maximum(called, t).sum() + 1e-7)).item())
        for k, threshold in enumerate(torch.from_numpy(thresholds())):
            reached = (p >= threshold).float()
            precision = (reached * t).sum() / (reached.sum() + 1e-20)
            recall = (reached * t).sum() / (t.sum() + 1e-20)
            value = 1.3 * precision * recall / (0.3 * precision + recall)
            total[k] += 0 if value != value else value
        counted += 1
    return float(np.mean(ious)), float((total / counted).max())


def test_videos_in_any_order_give_the_same_and_values_stay_by_video() -> None:
    rng = np.random.default_rng(1)
    videos = [(rng.random((3, 8, 8)), (rng.random((3, 8, 8)) < 0.4).astype(np.uint8)) for _ in range(7)]
    tallies = [MaskTally(), MaskTally()]
    for tally, order in zip(tallies, (range(7), rng.permutation(7)), strict=True):
        for number in order:
            tally.add(*videos[number])
    one, other = (tally.scores() for tally in tallies)
    assert one.miou == pytest.approx(other.miou, abs=1e-12) and one.f == pytest.approx(other.f, abs=1e-12)
    assert sorted(tallies[0].iou) == sorted(tallies[1].iou) and one.frames == 21
    assert tallies[0].iou == [video_values(*video).iou for video in videos]


def test_no_video_is_no_figure() -> None:
    assert np.isnan(MaskTally().scores().miou) and MaskTally().scores().videos == 0


@pytest.mark.parametrize(
    ("answer", "truth", "told"),
    [
        (of(EMPTY), EMPTY, r"\(1, 2, 2\) are predicted and \(2, 2\) are true"),
        (of([[2, 0], [0, 0]]), EMPTY[None], "probabilities from 0 to 1"),
        (of([[np.nan, 0], [0, 0]]), EMPTY[None], "probabilities from 0 to 1"),
        (of(EMPTY), HALF[None] * 7, "true ones are 0 and 1, or 255 all over"),
        (of(EMPTY), np.array([[[255, 0], [0, 0]]]), "true ones are 0 and 1, or 255 all over"),
    ],
)
def test_what_cannot_be_judged_is_told(answer: np.ndarray, truth: np.ndarray, told: str) -> None:
    with pytest.raises(EvaluationError, match=told):
        video_values(answer, truth)


def test_priors_know_train_alone_and_pass_over_what_is_not_given() -> None:
    mean = MeanMask()
    mean.add(np.array([[HALF, GONE], [EMPTY, GONE]]))
    mean.add(np.array([[HALF, HALF]]))
    assert mean.count == 4 and (mean.mean() == np.float32([[0.75, 0.75], [0, 0]])).all()
    rules = mask_priors(mean.mean(), 2)
    truth = np.stack([HALF, EMPTY])
    reached = {name: video_values(rule, truth) for name, rule in rules.items()}
    assert {name: round(found.iou, 4) for name, found in reached.items()} == {
        NOTHING: 0.5,
        EVERYTHING: 0.25,
        USUAL: 0.75,
    }
    assert reached[USUAL].f == pytest.approx(1) and reached[EVERYTHING].f == pytest.approx(0.65 / 1.15)
    with pytest.raises(EvaluationError, match="no clip of train has a mask"):
        MeanMask().mean()
