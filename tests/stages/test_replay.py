"""What an extension with frozen rows learns from: the new columns' sentences, and as many old ones in every modality."""

from pipeline.labels import Column
from pipeline.tasks.sentences.replay import sentences_to_learn
from pipeline.text.select import Sentence
from stores import text_key


def sentence(text: str, *labels: str) -> Sentence:
    return Sentence(text_key(text), text, labels, labels[0])


OLD = {
    "image": [sentence(f"image {i}", "cat" if i % 2 else "dog") for i in range(10)],
    "audio": [sentence(f"audio {i}", "bark") for i in range(10)],
}
NEW = [sentence("a cow", "cow"), sentence("a cow and a cat", "cat", "cow"), sentence("cows", "cow")]


def test_new_sentences_and_as_many_old_ones_everywhere() -> None:
    sentences = {"image": [*OLD["image"], *NEW], "audio": OLD["audio"]}
    chosen = sentences_to_learn(sentences, {Column("image", "cow")})
    assert chosen["image"][-3:] == NEW
    assert chosen["image"][:-3] == [s for s in OLD["image"] if s.key in sorted(o.key for o in OLD["image"])[:3]]
    assert chosen["audio"] == [s for s in OLD["audio"] if s.key in sorted(o.key for o in OLD["audio"])[:3]]


def test_a_name_is_new_in_its_own_modality_only() -> None:
    sentences = {"image": OLD["image"], "audio": [*OLD["audio"], sentence("a cat meows", "cat")]}
    chosen = sentences_to_learn(sentences, {Column("audio", "cat")})
    assert len(chosen["image"]) == 1
    assert [s.text for s in chosen["audio"]][-1] == "a cat meows"
    assert len(chosen["audio"]) == 2


def test_a_new_modality_is_learned_from_whole() -> None:
    chosen = sentences_to_learn(OLD, {Column("audio", "bark")})
    assert chosen == OLD  # ten new sentences, and ten old ones are all there are
