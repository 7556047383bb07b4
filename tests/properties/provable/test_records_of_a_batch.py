# SPDX-License-Identifier: Apache-2.0
"""provable: records written by the batch are, byte for byte, those that are written one by one."""

from datetime import UTC, date, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightparty.evidence.chain import KEY_BYTES, LeafRecord, PayloadError, canonical_json, payload_of
from rightparty.evidence.columns import LeafColumns, canonical_rows, clear_texts_of, payloads_of

AT = datetime(2026, 11, 23, 2, 0, 0, 123_456, tzinfo=UTC)
TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
NAMES = ("b", "a", "é", 'say "so"', "back\\slash")
CELLS = {
    "b": (pl.String, TEXT), "a": (pl.Int64, st.integers(-(2**63), 2**63 - 1)), "é": (pl.Boolean, st.booleans()),
    'say "so"': (pl.String, st.sampled_from(["sms", "email"])), "back\\slash": (pl.Int8, st.integers(-128, 127)),
}  # fmt: skip


@st.composite
def tables(draw: st.DrawFn) -> pl.DataFrame:
    rows = draw(st.integers(0, 6))
    columns = {}
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True)):
        kind, cells = CELLS[name]
        one = draw(st.none() | cells)
        # the same in each row, or not
        values = draw(st.just([one] * rows) | st.lists(st.none() | cells, min_size=rows, max_size=rows))
        columns[name] = pl.Series(name, values, dtype=kind)
    return pl.DataFrame(columns)


@given(tables())
def test_a_row_is_spelled_as_its_mapping(table: pl.DataFrame) -> None:
    assert canonical_rows(table).to_list() == [canonical_json(row) for row in table.to_dicts()]


@pytest.mark.parametrize("kind", [pl.Float64, pl.Date, pl.Datetime("us"), pl.List(pl.String), pl.Categorical])
@pytest.mark.parametrize("values", [[None, None], [None], []])
def test_what_has_no_one_spelling_is_refused(kind: pl.DataType, values: list[None]) -> None:
    table = pl.DataFrame({"a": pl.Series(values, dtype=kind)})
    if table.is_empty():
        assert canonical_rows(table).is_empty()
        return
    with pytest.raises(PayloadError):
        canonical_rows(table)


def test_a_fraction_is_refused_though_others_are_not() -> None:
    with pytest.raises(PayloadError):
        canonical_rows(pl.DataFrame({"a": [1, 2], "b": [0.5, 0.25]}))
    with pytest.raises(PayloadError):
        canonical_rows(pl.DataFrame({"a": [1, 2], "b": [date(2026, 1, 1), date(2026, 1, 2)]}))


@given(
    st.lists(st.tuples(st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES), TEXT, TEXT, st.integers()), max_size=5),
    TEXT,
)
def test_a_batch_is_recorded_as_its_records_are(rows: list[tuple[bytes, str, str, int]], kind: str) -> None:
    records = [
        LeafRecord(kind=kind, recorded_at=AT, facts={"n": n}, private={"body": body, "address %s": address})
        for _, body, address, n in rows
    ]
    keys = [key for key, *_ in rows]
    batch = LeafColumns(
        kind=kind,
        recorded_at=AT,
        facts=[canonical_json(record.facts) for record in records],
        private={"body": [row[1] for row in rows], "address %s": [row[2] for row in rows]},
    )
    assert payloads_of(batch, keys) == [payload_of(record, key) for record, key in zip(records, keys, strict=True)]
    assert clear_texts_of(batch) == [canonical_json(record.private) for record in records]
