# SPDX-License-Identifier: Apache-2.0
"""right_party: values and persons found by fingerprint are those that a comparison of texts would find."""

import numpy as np
import polars as pl

from rightparty.parties.attribution.recognise import (
    NOBODY,
    find,
    number_prints,
    print_of_party,
    prints_of_value,
    room_of,
)


def test_values_are_numbered_as_they_are_first_met() -> None:
    texts = [("phone", "+12025550147"), ("app", "+12025550147"), ("phone", "+12025550147"), ("email", "app"),
             ("app", "email"), ("app", "app"), ("email", "email"), ("email", "app")]  # fmt: skip
    found = pl.DataFrame(texts, schema=["channel", "value"], orient="row").select(**prints_of_value())
    numbers = np.empty(len(texts), np.uint32)
    count = number_prints(found["one"].to_numpy(), found["two"].to_numpy(), room_of(len(texts)), numbers)
    assert count == 6
    assert numbers.tolist() == [0, 1, 0, 2, 3, 4, 5, 2]


def test_fingerprints_that_meet_in_one_place_of_the_table_are_told_apart() -> None:
    table = room_of(8)
    last = len(table) - 1
    one = np.array([last, last, last + len(table), last, 0], np.uint64)  # all but the last begin at the last place
    two = np.array([1, 2, 1, 1, 9], np.uint64) << np.uint64(32)
    numbers = np.empty(5, np.uint32)
    assert number_prints(one, two, table, numbers) == 4
    assert numbers.tolist() == [0, 1, 2, 0, 3]
    assert [find(a, b, table) for a, b in zip(one, two, strict=True)] == [0, 1, 2, 0, 3]
    assert find(np.uint64(last), np.uint64(3) << np.uint64(32), table) == NOBODY


def test_an_event_that_names_nobody_has_no_fingerprint_of_a_person() -> None:
    told = pl.DataFrame({"party_id": ["", None, "P", "Q", "P"]}).select(print_of_party()).to_series().to_list()
    assert told[:2] == [0, 0]
    assert told[2] == told[4] != told[3]
