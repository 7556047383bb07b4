# SPDX-License-Identifier: Apache-2.0
"""Two parties are one person only by one identity document and birthday; a name is never enough (right_party)."""

from datetime import date

import polars as pl

from rightparty.parties.linked.persons import with_person_ids

BIRTHDAY = date(1990, 1, 2)


def persons(*rows: tuple[str, str, str, str, date | None]) -> dict[str, str]:
    names = ["party_id", "country", "national_id_type", "national_id", "date_of_birth"]
    frame = with_person_ids(pl.DataFrame(rows, schema=names, orient="row"))
    return dict(zip(frame["party_id"], frame["person_id"], strict=True))


def test_the_same_document_and_birthday_make_one_person() -> None:
    same = persons(("P2", "CN", "id", "X", BIRTHDAY), ("P1", "CN", "id", "X", BIRTHDAY))
    assert same == {"P1": "P1", "P2": "P1"}


def test_anything_missing_or_different_keeps_persons_apart() -> None:
    rows = [
        ("P1", "CN", "id", "X", BIRTHDAY),
        ("P2", "US", "id", "X", BIRTHDAY),
        ("P3", "CN", "passport", "X", BIRTHDAY),
        ("P4", "CN", "id", "X", date(1991, 1, 2)),
        ("P5", "CN", "id", "X", None),
        ("P6", "CN", "id", "", BIRTHDAY),
        ("P7", "CN", "id", "", BIRTHDAY),
    ]
    assert all(party == person for party, person in persons(*rows).items())
