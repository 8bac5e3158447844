"""Keys and fingerprints: stable for ever, and different if and only if something that matters is."""

import enum
import hashlib
import json
import math
import pickle
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores import ArtifactSpec, bytes_key, file_key, fingerprint, text_key
from stores.errors import KeyFormatError, SpecError
from stores.fingerprint import canonical_json, check_keys

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def same(one: Any, other: Any) -> bool:
    """Compare as JSON texts should: 1, 1.0 and True differ, so do 0.0 and -0.0, a tuple is a list."""
    one, other = (list(value) if isinstance(value, tuple) else value for value in (one, other))
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float):
        return one == other and math.copysign(1, one) == math.copysign(1, other)
    return one == other


def shuffled(value: Any) -> Any:
    """Return an equal value whose dicts were filled in another order and whose lists are tuples."""
    if isinstance(value, dict):
        return {name: shuffled(value[name]) for name in random.Random(0).sample(sorted(value), len(value))}
    return tuple(map(shuffled, value)) if isinstance(value, list) else value


@given(VALUES, VALUES)
def test_fingerprints_are_equal_if_and_only_if_the_values_are(one: Any, other: Any) -> None:
    assert (fingerprint(one) == fingerprint(other)) == same(one, other)
    assert fingerprint(one) == fingerprint(shuffled(one))
    assert same(json.loads(canonical_json(one)), one)


def test_numbers_that_python_calls_equal_have_different_fingerprints() -> None:
    assert len({fingerprint(value) for value in (1, 1.0, True, "1", 0, 0.0, -0.0, False, None, "", [], {})}) == 12


def test_fingerprints_and_keys_never_change() -> None:
    spec = ArtifactSpec(kind="features", fields={"b": [1, 0.1], "a": "é"}, parents=("0" * 32,), backend="hdf5")
    text = (
        '{"backend":"hdf5","fields":{"a":"\\u00e9","b":[1,0.1]},"format":1,"kind":"features",'
        '"parents":["00000000000000000000000000000000"]}'
    )
    assert spec.fingerprint == hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
    assert spec.fingerprint == "e1c060ca3bf032239c1a8220656abdc3"
    assert text_key("a cat") == hashlib.blake2b(b"a cat", digest_size=16).hexdigest()


def test_a_file_has_the_key_of_its_bytes_and_a_text_that_of_its_utf8(tmp_path: Path) -> None:
    content = random.Random(0).randbytes(3_000_000)
    (tmp_path / "media").write_bytes(content)
    assert file_key(tmp_path / "media") == file_key(str(tmp_path / "media")) == bytes_key(content)
    assert text_key("naïve") == bytes_key("naïve".encode())
    assert text_key("\ud800") != text_key("?")


SPEC = dict(kind="features", fields={"model": "clip", "cut": "output"}, parents=("a" * 32, "b" * 32), backend="hdf5")


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "texts"},
        {"fields": {"model": "clip", "cut": "block08"}},
        {"fields": {"model": "clip"}},
        {"fields": {"model": "clip", "cut": "output", "dtype": "float16"}},
        {"parents": ("a" * 32,)},
        {"parents": ("b" * 32, "a" * 32)},
        {"backend": "parquet"},
    ],
)
def test_a_spec_changes_its_fingerprint_with_every_part(change: dict[str, Any]) -> None:
    one, other = ArtifactSpec(**SPEC), ArtifactSpec(**(SPEC | change))
    assert one.fingerprint != other.fingerprint
    assert one != other


def test_a_spec_keeps_its_fingerprint_when_nothing_changes() -> None:
    one = ArtifactSpec(**SPEC)
    other = ArtifactSpec(**(SPEC | {"fields": {"cut": "output", "model": "clip"}, "parents": ["a" * 32, "b" * 32]}))
    assert one == other
    assert hash(one) == hash(other)
    assert list(one.fields) == list(other.fields) == ["cut", "model"]
    assert ArtifactSpec(**one.as_json()) == pickle.loads(pickle.dumps(one)) == one


def test_a_spec_does_not_follow_its_maker_s_dict() -> None:
    fields: dict[str, Any] = {"sampling": {"top_p": 0.9}}
    spec = ArtifactSpec(kind="texts", fields=fields, backend="parquet")
    fields["sampling"]["top_p"] = 0.5
    assert spec.fields == {"sampling": {"top_p": 0.9}}


class Colour(enum.StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    "value, found",
    [
        (math.nan, "is nan (float)"),
        (math.inf, "is inf (float)"),
        (Path("weights"), "(PosixPath)"),
        ({"b", "a"}, "(set)"),
        (b"raw", "is b'raw' (bytes)"),
        (np.float64(0.5), "(float64)"),
        (np.int64(3), "(int64)"),
        (Colour.RED, "(Colour)"),
        ({1: "one"}, "is {1: 'one'} with a key that is no str (dict)"),
    ],
)
def test_what_has_no_stable_text_is_refused_by_name(value: Any, found: str) -> None:
    with pytest.raises(SpecError) as error:
        ArtifactSpec(kind="texts", fields={"sampling": [{"x": value}]}, backend="parquet")
    assert str(error.value).startswith("field 'sampling[0].x' is ")
    assert found in str(error.value)
    assert "Convert it, e.g. str(path)" in str(error.value)


@pytest.mark.parametrize(
    "change, text",
    [
        ({"kind": "Fea/tures"}, "'Fea/tures' is not a kind of artifact"),
        ({"kind": "../up"}, "'../up' is not a kind of artifact"),
        ({"backend": "zarr"}, "asks for backend 'zarr'; use one of parquet, hdf5, blob."),
        ({"parents": ("abc",)}, "parent 'abc' is not a fingerprint of 32 hexadecimal digits"),
        ({"parents": "a" * 32}, "parents must be a tuple of fingerprints"),
        ({"fields": ["model"]}, "fields of kind 'features' must be a dict, found ['model']."),
    ],
)
def test_a_malformed_spec_is_refused(change: dict[str, Any], text: str) -> None:
    with pytest.raises(SpecError) as error:
        ArtifactSpec(**(SPEC | change))
    assert text in str(error.value)


@pytest.mark.parametrize("bad", ["a cat", "A" * 32, "a" * 31, "a" * 33, "é" * 32, "", None, 7])
def test_a_malformed_key_is_refused_by_name(bad: Any) -> None:
    good = text_key("a cat")
    check_keys([good, good])
    with pytest.raises(KeyFormatError) as error:
        check_keys([good, bad, good])
    assert str(error.value).startswith(f"{bad!r} is not a key: a key is 32 hexadecimal digits")


def test_two_malformed_keys_cannot_make_up_for_each_other() -> None:
    with pytest.raises(KeyFormatError):
        check_keys(["a" * 31, "a" * 33])
