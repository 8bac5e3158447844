"""Text features as the pipeline makes them, against the loop that one writes around open_clip.

The loop is open_clip's own: its tokenizer on a batch of sentences, `encode_text`, the next batch. Ours is the code that
caches texts. Same weights, same sentences, batches of the same size.
"""

from paper_corpus import paper_candidates
from side_by_side import Claim, Finding, ratio, shown, take_turns, tell
from vit_b32_text import encoder_of, llm_sentences, random_model

CLAIM = Claim("text features of ViT-B-32, sentences of 8-25 words: open_clip's encode_text in a loop / ours", 2.5)
SENTENCES, BATCH = 512, 64


def measure(rounds: int) -> Finding:
    import numpy as np
    import open_clip
    import torch

    from pipeline.caching.rows import Clock
    from pipeline.caching.texts import encode_shard

    model, tokenizer = random_model(), open_clip.get_tokenizer("ViT-B-32")
    encoder = encoder_of(model)
    sentences = llm_sentences(paper_candidates().labels("image"), SENTENCES)

    def ours() -> np.ndarray:
        return encode_shard(encoder, sentences, "output", "float32", BATCH, Clock())["vectors"]

    def loop() -> np.ndarray:
        with torch.no_grad():
            starts = range(0, SENTENCES, BATCH)
            return torch.cat([model.encode_text(tokenizer(sentences[i : i + BATCH])) for i in starts]).numpy()

    difference = float(np.abs(ours() - loop()).max())
    times = take_turns({"open_clip in a loop": loop, "ours": ours}, rounds)
    return Finding(
        ratio(times["open_clip in a loop"], times["ours"]),
        {name: [*shown(seconds), f"{SENTENCES / min(seconds):.0f}"] for name, seconds in times.items()},
        columns=("fastest", "median", "sentences/s"),
        notes=[
            f"{SENTENCES} sentences, batches of {BATCH}",
            f"features: largest absolute difference {difference:.1e} (allowed 1e-4)",
        ],
        sound=difference <= 1e-4,
    )


if __name__ == "__main__":
    tell(CLAIM, measure, rounds=3)
