from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.queries import query, sentence_slot

LABELS = ("dog", "cat", "vacuum cleaner", "rain", "siren")


def test_sizes_cycle_and_every_label_is_there_once():
    asked = [query(3, "audio", "dog", j, LABELS, 3) for j in range(9)]
    assert [len(each.labels) for each in asked] == [1, 2, 3] * 3
    assert all(each.anchor in each.labels and len(set(each.labels)) == len(each.labels) for each in asked)
    assert all(set(each.labels) <= set(LABELS) for each in asked)
    assert len({each.seed for each in asked}) == 9
    assert [len(query(3, "video", "dog", j, LABELS, 2).labels) for j in range(4)] == [1, 2, 1, 2]


def test_queries_are_what_they_were_when_texts_were_first_made():
    # Stored texts belong to these questions: a change here makes every workspace ask again.
    asked = query(0, "image", "dog", 2, LABELS, 3)
    assert (asked.labels, asked.seed) == (("dog", "rain", "cat"), 440773967)
    assert sentence_slot(asked, 1) == "4f69e865acb3639e0a8a1189db32e8b3"


def test_the_order_of_the_label_set_does_not_matter():
    for j in range(6):
        assert query(0, "image", "dog", j, LABELS, 3) == query(0, "image", "dog", j, LABELS[::-1], 3)


def test_seeds_differ_by_seed_modality_anchor_and_number():
    seeds = {
        query(seed, modality, anchor, j, LABELS, 3).seed
        for seed in (0, 1)
        for modality in ("image", "audio")
        for anchor in ("dog", "cat")
        for j in (0, 1)
    }
    assert len(seeds) == 16


def test_a_single_label_is_asked_about_alone():
    assert [query(0, "image", "dog", j, ["dog"], 3).labels for j in range(3)] == [("dog",)] * 3


@given(st.integers(), st.integers(0, 10_000), st.lists(st.text(min_size=1), min_size=1, unique=True))
def test_seeds_fit_every_engine(seed, number, labels):
    asked = query(seed, "image", labels[0], number, labels, 3)
    assert 0 <= asked.seed < 2**31
    assert asked.anchor in asked.labels
