"""Transforms answer any text, and reading a value's own text gives the value again."""

from __future__ import annotations

import string
from datetime import date

from hypothesis import example, given, settings
from hypothesis import strategies as st

from worker.core.field_map import FieldRead, Transform
from worker.core.model import FactValue
from worker.core.transforms import compile_reader

VALUES = {"New": "new", "Existing Patient": "existing", "GTX Pro": "gtx_pro"}
READERS = {
    transform: compile_reader(FieldRead(fact="f", source="s", transform=transform, values=VALUES))
    for transform in Transform
}
texts = st.one_of(
    st.text(max_size=30),
    st.text(alphabet=string.digits + "+-().:TZeE/ ", max_size=30),
    st.emails(),
    st.datetimes().map(str),
    st.dates().map(str),
    st.integers(-(10**13), 10**14).map(str),
    st.floats().map(str),
    st.from_regex(r"[A-Za-z0-9.]{1,12}@[a-z]{1,8}\.(com|org)", fullmatch=True),
    st.from_regex(r"\(?[2-9]\d{2}\)?[ -][2-9]\d{2}-\d{4}", fullmatch=True),
).map(str.strip)


def _as_text(value: FactValue) -> str:
    """A value's own text, as the CRM would give it back."""
    if isinstance(value, tuple):
        return ";".join(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


@settings(max_examples=600, deadline=None)
@given(transform=st.sampled_from(Transform), text=texts)
@example(transform=Transform.INSTANT, text="9999-12-31T23:59:59-05:00")
@example(transform=Transform.DATE, text="0001-01-01")
@example(transform=Transform.EMAIL, text="İ@example.com")
def test_any_text_is_answered(transform: Transform, text: str) -> None:
    value, code = READERS[transform](text)
    is_no_tick = transform is Transform.TICK and READERS[Transform.BOOLEAN](text).value is False
    assert value is not None or code is not None or text.strip(";") == "" or is_no_tick


@settings(max_examples=600, deadline=None)
@given(transform=st.sampled_from(sorted(set(Transform) - {Transform.INVERTED_BOOLEAN})), text=texts)
def test_reading_is_idempotent(transform: Transform, text: str) -> None:
    value, _code = READERS[transform](text)
    if value is not None:
        assert READERS[transform](_as_text(value)).value == value


def test_every_transform_has_a_reader() -> None:
    assert set(READERS) == set(Transform)
