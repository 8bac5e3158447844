"""The encoders' training: losses against brute force, tokenisers in the real classes, and a whole short build."""

import gzip
import json
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.miniature.errors import MiniatureError
from pipeline.miniature.train.build import build_encoder, build_miniature
from pipeline.miniature.train.export import clip_tokens
from pipeline.miniature.train.losses import contrastive_loss, label_overlap, multi_hot
from pipeline.miniature.train.scores import mean_average_precision
from pipeline.miniature.train.tokenizers import learn_merges, write_clip_merges, write_roberta_tokenizer
from pipeline.telemetry.progress import Progress


def test_label_overlap_is_jaccard() -> None:
    shown = multi_hot([("a", "b"), ("c",), ("a", "b", "c")], ("a", "b", "c"))
    told = multi_hot([("a",), ("c",), ("b", "c")], ("a", "b", "c"))
    assert torch.equal(shown, torch.tensor([[1.0, 1, 0], [0, 0, 1], [1, 1, 1]]))
    expected = torch.tensor([[1 / 2, 0, 1 / 3], [0, 1, 1 / 2], [1 / 3, 1 / 3, 2 / 3]])
    torch.testing.assert_close(label_overlap(shown, told), expected)


def test_contrastive_loss_equals_the_sum_written_out() -> None:
    generator = torch.Generator().manual_seed(0)
    media, text = torch.randn(5, 4, generator=generator), torch.randn(5, 4, generator=generator)
    overlap = torch.rand(5, 5, generator=generator)
    a = (media / media.norm(dim=1, keepdim=True)).tolist()
    b = (text / text.norm(dim=1, keepdim=True)).tolist()
    scores = [[7.0 * sum(p * q for p, q in zip(x, y, strict=True)) for y in b] for x in a]
    total = 0.0
    for turn in (False, True):
        for i in range(5):
            row = [scores[j][i] if turn else scores[i][j] for j in range(5)]
            weights = [float(overlap[j, i] if turn else overlap[i, j]) ** 2 for j in range(5)]
            norm = math.log(sum(math.exp(value) for value in row))
            target = [0.5 * (i == j) + 0.5 * weights[j] / sum(weights) for j in range(5)]
            total -= sum(t * (value - norm) for t, value in zip(target, row, strict=True)) / 10
    assert float(contrastive_loss(media, text, torch.tensor(7.0), overlap)) == pytest.approx(total, rel=1e-5)


def test_mean_average_precision_of_a_case_done_by_hand() -> None:
    scores = np.array([[0.9, 0.1], [0.8, 0.7], [0.1, 0.4]])
    truth = np.array([[True, False], [False, True], [True, True]])
    # class 0: ranks 1 and 3 hit: (1/1 + 2/3) / 2; class 1: ranks 1 and 2 hit: 1
    assert mean_average_precision(scores, truth) == pytest.approx((5 / 6 + 1) / 2)


def test_merges_start_with_the_most_frequent_pair() -> None:
    merges = learn_merges(Counter({"low": 5, "lower": 2, "new": 6}), 3)
    assert merges == [("l", "o"), ("lo", "w</w>"), ("n", "e")] or merges[0] in {("l", "o"), ("n", "e")}
    counts = Counter({"ab": 3, "abc": 2})
    assert learn_merges(counts, 2) == [("a", "b</w>"), ("a", "b")]


def test_open_clips_tokenizer_reads_the_merges_and_counts_the_same_vocabulary(tmp_path: Path) -> None:
    from open_clip.tokenizer import SimpleTokenizer

    path = tmp_path / "bpe.txt.gz"
    size = write_clip_merges(path, ["a red circle and a red star"] * 5, ["golden retriever"], merges=40)
    tokenizer = SimpleTokenizer(bpe_path=str(path))
    lines = gzip.decompress(path.read_bytes()).decode().split("\n")
    assert size == tokenizer.vocab_size == 512 + len(lines) - 1 + 2
    assert tokenizer.eot_token_id == size - 1
    assert len(tokenizer.encode("red circle")) == 2
    assert tokenizer.decode(tokenizer.encode("an unseen zebra!")).strip() == "an unseen zebra !"
    ids = clip_tokens(tokenizer, ["red", "a red circle and a star"], 5)
    assert ids.shape == (2, 5) and ids[:, 0].tolist() == [size - 2] * 2
    assert ids[0].tolist()[1:] == [tokenizer.encode("red")[0], size - 1, 0, 0] and int(ids[1, -1]) == size - 1


def test_auto_tokenizer_reads_the_roberta_tokenizer(tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    write_roberta_tokenizer(tmp_path, ["a loud siren"] * 3, ["dog bark"], size=300)
    tokenizer = AutoTokenizer.from_pretrained(str(tmp_path))
    rows = tokenizer(["a loud siren and a loud siren", "Dog"], padding=True)
    assert (
        rows["input_ids"][0][0] == tokenizer.bos_token_id == 0
        and rows["input_ids"][0][-1] == tokenizer.eos_token_id == 2
    )
    assert rows["input_ids"][1][-1] == tokenizer.pad_token_id == 1 and rows["attention_mask"][1][-1] == 0
    assert tokenizer.decode(rows["input_ids"][1], skip_special_tokens=True) == "Dog"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["clip", "clap", "viclip"])
def test_a_build_of_two_seconds_writes_the_whole_layout(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.miniature.train import build

    monkeypatch.setitem(build.PLANS, name, {"batch": 16, "pool": 32, "judged": 32, "log_every_s": 0.5})
    scores = build_encoder(name, tmp_path, 2 / 60, 5, "cpu", Progress.silent())
    assert set(scores) == {"template", "ensemble", "sentences"} and all(0 <= value <= 100 for value in scores.values())
    tokenizer = (
        {"bpe.txt.gz"}
        if name != "clap"
        else {"tokenizer.json", "tokenizer_config.json", "preprocessor_config.json", "templates.json"}
    )
    assert {path.name for path in tmp_path.iterdir()} == {
        "config.json",
        "model.safetensors",
        "build-log.jsonl",
    } | tokenizer
    rows = [json.loads(line) for line in (tmp_path / "build-log.jsonl").read_text().splitlines()]
    assert rows[0]["model"] == name and rows[-1]["validation"] == scores
    assert any("pairs" in row for row in rows)


def test_building_an_unknown_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MiniatureError) as refused:
        build_miniature(tmp_path, only=["clop"])
    assert str(refused.value) == (
        "miniature build: no model called 'clop'; the models are clip, clap, viclip, llama, swin, hts-at, "
        "for example --only clip,clap"
    )
    with pytest.raises(MiniatureError, match="--minutes is 0; it must be more than 0, for example --minutes 60"):
        build_miniature(tmp_path, only=["clip"], minutes=0)
    assert list(tmp_path.iterdir()) == []
