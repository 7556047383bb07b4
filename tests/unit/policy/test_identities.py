# SPDX-License-Identifier: Apache-2.0
"""Contacts are counted over numbers in place of ids: one number to an id, whatever the hash does (right_time)."""

from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightparty.policy.identities import NOBODY, Ids, Numbered, numbered

type Hashed = Callable[[pl.Series, int], pl.Series]
IDS = st.lists(st.none() | st.sampled_from(["a", "b", "c", "d", ""]), max_size=12)


def one_for_all(ids: pl.Series, seed: int) -> pl.Series:
    """The worst first hash; the second is a good one."""
    return ids.hash(seed) if seed else pl.Series([7] * ids.len(), dtype=pl.UInt64)


def same(numbers: Numbered, rows: list[str | None], others: list[str | None]) -> None:
    ids = {number: text for number, text in zip(numbers.of_row.tolist(), rows, strict=True) if number != NOBODY}
    assert len(ids) == numbers.size == len(set(rows) - {None})
    assert [ids.get(number) for number in numbers.of_row.tolist()] == rows
    assert [ids.get(number) for number in numbers.of_other.tolist()] == [
        text if text in ids.values() else None for text in others
    ]


@pytest.mark.parametrize("hashed", [pl.Series.hash, one_for_all])
@given(rows=IDS, others=IDS)
def test_one_number_to_an_id(hashed: Hashed, rows: list[str | None], others: list[str | None]) -> None:
    told = [Ids.of(pl.Series(ids, dtype=pl.String), hashed=hashed) for ids in (rows, others)]
    same(numbered(*told), rows, others)


@given(
    st.lists(st.tuples(st.none() | st.sampled_from("ab"), st.none() | st.sampled_from("xy")), max_size=12),
    st.sampled_from([pl.Series.hash, one_for_all]),
)
def test_a_pair_is_both_ids(rows: list[tuple[str | None, str | None]], hashed: Hashed) -> None:
    others = [("a", "x"), ("b", "y"), ("c", "x"), (None, "x"), ("a", None)]
    (persons, of_persons), (accounts, of_accounts) = (
        [Ids.of(pl.Series([pair[n] for pair in pairs], dtype=pl.String), hashed=hashed) for pairs in (rows, others)]
        for n in (0, 1)
    )
    people = numbered(persons, of_persons)
    told = numbered(accounts.of_each(people.of_row), of_accounts.of_each(people.of_other))
    same(
        told,
        [None if None in row else "".join(map(str, row)) for row in rows],
        [None if None in row else "".join(map(str, row)) for row in others],
    )
