"""Training of the miniature LLaMA: a `LlamaForCausalLM` of 1.4 million parameters that answers the query template.

The loss is on the answer only, and the tokens of class names weigh more: copying them is what the filters ask for.
Matrices are trained by Muon, embeddings and norms by AdamW. The data depend on the seed alone; how many of them are
seen depends on the machine and the time.
"""

import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import LlamaConfig, LlamaForCausalLM

from pipeline.miniature.train.clock import working_seconds
from pipeline.miniature.train.llama_batches import CONTEXT, AnswerStream, Batch
from pipeline.miniature.train.llama_corpus import draw_example
from pipeline.miniature.train.llama_names import NameSource
from pipeline.miniature.train.llama_score import score_llama
from pipeline.miniature.train.llama_tokenizer import BOS, EOS, save_tokenizer, train_tokenizer
from pipeline.telemetry.progress import Progress

__all__ = ["LOG", "build_llama", "train_llama"]

LOG = "build-log.jsonl"

_LOG_EVERY, _CHECK_EVERY_S = 50, 300.0
_WARM_UP = 0.03
_MATRIX_RATE, _OTHER_RATE = 0.02, 3e-3
_Log = Callable[..., None]


def build_llama(
    out: Path, *, seconds: float, seed: int, device: str = "auto", progress: Progress | None = None
) -> dict[str, float]:
    """Train tokenizer and model, and measure what the generate stage keeps of their sentences.

    Args:
        out: Folder of the weights, made if need be.
        seconds: Time of training, of the processor (see `clock`); the learning rate falls to zero over it.
        seed: Of the data and of the initial weights.
        device: "cpu", "cuda" or "auto".
        progress: Where to show how far it is.

    Returns:
        Pass rates of written sentences for seen and unseen names, see `score_llama`; they end the log, too.
    """
    progress = progress or Progress.silent()
    train_llama(out, seconds=seconds, seed=seed, device=device, progress=progress)
    scores = score_llama(out, device=device, progress=progress)
    with (out / LOG).open("a", encoding="utf-8") as file:
        _logger(file)(event="scores", **scores)
    return scores


def train_llama(out: Path, *, seconds: float, seed: int, device: str, progress: Progress) -> None:
    """Train tokenizer and model and write them to a folder; for the arguments see `build_llama`.

    The folder holds usable weights a few minutes into the training. `build-log.jsonl` in it keeps losses, speed and,
    now and then, the pass rates for a few names.
    """
    out.mkdir(parents=True, exist_ok=True)
    source, target = NameSource.training(), _device(device)
    tokenizer = train_tokenizer(_tokenizer_texts(source, seed))
    save_tokenizer(tokenizer, out, CONTEXT)
    torch.manual_seed(seed)
    model: Any = LlamaForCausalLM(_config(tokenizer))
    model.to(target)
    with (out / LOG).open("w", encoding="utf-8") as file:
        log = _logger(file)
        log(event="start", seed=seed, seconds=seconds, device=target.type, parameters=model.num_parameters())

        def check() -> None:
            _save(model, out)
            log(event="check", **score_llama(out, names=8, sentences=10, device=target.type))

        _train(model, AnswerStream(tokenizer, source, seed), seconds, log, check, progress)
        _save(model, out)


def _train(
    model: LlamaForCausalLM,
    stream: AnswerStream,
    seconds: float,
    log: _Log,
    check: Callable[[], None],
    progress: Progress,
) -> None:
    optimizers = _optimizers(model)
    clock, last_check = working_seconds(), 0.0
    tokens, step, sums = 0, 0, torch.zeros(4, dtype=torch.float64)
    with progress.task("train LLaMA", total=int(seconds), unit="s") as task:
        while (share := clock() / seconds) < 1:
            batch = stream.next(share)
            sums += _step(model, batch, optimizers, _schedule(share))
            step, tokens = step + 1, tokens + batch.ids.numel()
            task.advance(int(share * seconds) - task.done)
            if step % _LOG_EVERY == 0:
                line = _means(sums) | {"tokens_per_s": round(tokens / (share * seconds))}
                log(step=step, seconds=round(share * seconds), **line)
                task.note(f"loss {line['loss']:.3f} names {line['name_accuracy']:.1%}")
                sums.zero_()
            if share * seconds - last_check > _CHECK_EVERY_S:
                check()
                last_check = share * seconds


def _step(model: LlamaForCausalLM, batch: Batch, optimizers: list[torch.optim.Optimizer], rate: float) -> torch.Tensor:
    """One step; returns loss, mean loss of name tokens, name tokens guessed right, and their number."""
    ids, weights, is_name = (part.to(model.device) for part in (batch.ids, batch.weights, batch.is_name))
    kept = weights[:, 1:] > 0
    hidden = model.model(input_ids=ids[:, :-1], use_cache=False).last_hidden_state
    logits, targets = model.lm_head(hidden[kept]), ids[:, 1:][kept]
    weights, is_name = weights[:, 1:][kept], is_name[:, 1:][kept]
    losses = torch.nn.functional.cross_entropy(logits, targets, reduction="none")
    loss = (losses * weights).sum() / weights.sum()
    torch.autograd.backward(loss)
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * rate
        optimizer.step()
        optimizer.zero_grad()
    right = ((logits.argmax(-1) == targets) & is_name).sum()
    return torch.stack([loss, losses[is_name].mean(), right, is_name.sum()]).detach().cpu().double()


def _means(sums: torch.Tensor) -> dict[str, float]:
    loss, name_loss, right, count = sums.tolist()
    means = {"loss": loss / _LOG_EVERY, "name_loss": name_loss / _LOG_EVERY, "name_accuracy": right / count}
    return {name: round(value, 4) for name, value in means.items()}


def _optimizers(model: LlamaForCausalLM) -> list[torch.optim.Optimizer]:
    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name]
    others = [p for name, p in model.named_parameters() if p.ndim != 2 or "embed" in name]
    muon = torch.optim.Muon(matrices, lr=0.0, weight_decay=0.01, momentum=0.95)
    adam = torch.optim.AdamW(others, lr=0.0, betas=(0.9, 0.98), weight_decay=0.0)
    muon.param_groups[0]["peak"], adam.param_groups[0]["peak"] = _MATRIX_RATE, _OTHER_RATE
    return [muon, adam]


def _schedule(share: float) -> float:
    """Warm-up, then a linear fall to zero: at a constant rate the loss stood still for half of the time."""
    return min(share / _WARM_UP, max((1 - share) / (1 - _WARM_UP), 0.0))


def _config(tokenizer: Tokenizer) -> LlamaConfig:
    return LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=160,
        intermediate_size=400,
        num_hidden_layers=4,
        num_attention_heads=5,
        num_key_value_heads=5,
        max_position_embeddings=CONTEXT,
        rms_norm_eps=1e-5,
        bos_token_id=tokenizer.token_to_id(BOS),
        eos_token_id=tokenizer.token_to_id(EOS),
        pad_token_id=tokenizer.token_to_id(EOS),
        tie_word_embeddings=True,
    )


def _tokenizer_texts(source: NameSource, seed: int) -> list[str]:
    rng = random.Random(seed)
    texts = [draw_example(rng, source).text for _ in range(4000)]
    return texts + [name for names in source.known.values() for name in names]


def _save(model: LlamaForCausalLM, out: Path) -> None:
    """Write the weights in half precision; each file is replaced whole, so that readers never see half of one."""
    staging = out / ".staging"
    half: Any = LlamaForCausalLM(model.config)
    half.half()
    half.load_state_dict(model.state_dict())
    half.save_pretrained(staging)
    for file in sorted(staging.iterdir()):
        file.chmod(0o644)
        os.replace(file, out / file.name)
    shutil.rmtree(staging)


def _device(name: str) -> torch.device:
    return torch.device(("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name)


def _logger(file: Any) -> _Log:
    def log(**entry: Any) -> None:
        file.write(json.dumps(entry) + "\n")
        file.flush()

    return log
