# SPDX-License-Identifier: Apache-2.0
"""answerable: a code can be typed by a stranger, and a slip of the finger never resolves to another message."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from rightparty.kernel.identifiers import ALPHABET, new_reference_code, read_code, show_code, time_ordered_ids

seeds = st.integers(0, 2**32)


def code_of(seed: int) -> str:
    return new_reference_code(random.Random(seed).randrange)


@given(seeds)
def test_a_code_reads_back_however_it_is_typed(seed: int) -> None:
    code = code_of(seed)
    assert read_code(code) == code
    assert read_code(f"  {show_code(code).lower()} ") == code
    assert read_code(show_code(code).replace("-", " ").replace("0", "O").replace("1", "l").replace("2", "z")) == code


@given(seeds, st.integers(0, 10), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_never_accepted(seed: int, place: int, other: str) -> None:
    code = code_of(seed)
    wrong = code[:place] + other + code[place + 1 :]
    assert (read_code(wrong) is None) == (wrong != code)


@given(seeds, st.integers(0, 8))
def test_two_swapped_neighbours_are_never_accepted(seed: int, place: int) -> None:
    code = code_of(seed)
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert (read_code(swapped) is None) == (swapped != code)


@given(st.text(max_size=40))
def test_any_text_is_read_without_error(text: str) -> None:
    code = read_code(text)
    assert code is None or len(code) == 11


@given(seeds, st.integers(0, 200), st.datetimes(datetime(1971, 1, 1), datetime(2400, 1, 1)))
def test_ids_of_a_moment_stand_together_and_none_is_another(seed: int, count: int, moment: datetime) -> None:
    at = moment.replace(tzinfo=UTC)
    ids = time_ordered_ids(count, at=at, random_bytes=random.Random(seed).randbytes)
    later = time_ordered_ids(1, at=at + timedelta(milliseconds=2), random_bytes=random.Random(seed).randbytes)
    assert [*ids, *later] == sorted({*ids, *later}), "each in its place, none twice"
    assert {(UUID(key).version, UUID(key).variant) for key in ids} <= {(7, "specified in RFC 4122")}
