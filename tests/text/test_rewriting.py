"""Sentences of a class that is called otherwise: the new name stands where the old one stood."""

import pytest

from pipeline.text.rewriting import called


@pytest.mark.parametrize(
    ("text", "old", "new", "expected"),
    [
        ("A cat sleeps.", "cat", "ocelot", "An ocelot sleeps."),
        ("An owl beside a Cat.", "cat", "wolf", "An owl beside a Wolf."),
        ("Two cats and a category.", "cat", "fox", "Two foxes and a category."),
        ("Two cats.", "cat", "grass", "Two grass."),
        ("The hot-dog and hot  dogs.", "hot dog", "wrap", "The wrap and wraps."),
        ("Red panda in a tree.", "red panda", "lesser panda", "Lesser panda in a tree."),
        ("An old C++ book.", "C++", "Rust", "An old Rust book."),
        ("A Norwegian is here.", "Norwegian", "elk", "An elk is here."),
        ("a dog", "cat", "wolf", "a dog"),
    ],
)
def test_the_name_is_replaced_with_its_article_and_plural(text: str, old: str, new: str, expected: str) -> None:
    assert called(text, old, new) == expected
