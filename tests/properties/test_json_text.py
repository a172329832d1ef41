"""The one writer of JSON: its text is the standard library's, so that what is hashed stays provable."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from worker.core.json_text import read_json, write_json

numbers = st.integers(-(2**53), 2**53) | st.floats(
    allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15
)
texts = st.text(st.characters(exclude_categories=("Cs",)))
values = st.recursive(
    st.none() | st.booleans() | numbers.map(lambda n: round(n, 3)) | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
)


@given(values)
def test_the_text_is_that_of_the_standard_library(value: object) -> None:
    expected = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert write_json(value) == expected


@given(values)
def test_what_was_written_is_read_back(value: object) -> None:
    assert read_json(write_json(value)) == value
