# SPDX-License-Identifier: Apache-2.0
"""Columns written and read back are the same on both stores, and the same as Django's own."""

from datetime import UTC, date, datetime

import polars as pl
import pytest
from django.db import connection, transaction
from polars.testing import assert_frame_equal

from rightparty.evidence.models import Leaf
from rightparty.parties.models import ContactPoint, Party
from rightparty.store.operations.append_rows import append_rows
from rightparty.store.operations.merge_rows import MANY_ROWS, merge_rows
from rightparty.store.queries import among, is_postgresql, read_frame, versioned_table

INSTANT = pl.Datetime("us", "UTC")
pytestmark = pytest.mark.django_db(transaction=True)


def party_frame(**changes: list[object]) -> pl.DataFrame:
    texts = ["person_id", "full_name", "latin_name", "national_id", "national_id_type", "language", "country",
             "time_zone", "region", "postcode", "address", "employer", "represented_by", "extra"]  # fmt: skip
    rows = {name: ["", 'a "quoted", 中文\nline', "\\N"] for name in texts} | {"country": ["CN", "US", "CZ"]}
    return pl.DataFrame(
        {
            "load_id": [1, 1, 2],
            "retired_by_id": [None, 3, None],
            "party_id": ["P1", "P2", "P3"],
            **rows,
            "date_of_birth": [date(1990, 2, 28), None, date(1900, 1, 1)],
            "deceased_on": [None, None, date(2026, 1, 1)],
            "bankrupt_on": [None, None, None],
        }
        | changes,
        schema_overrides={"bankrupt_on": pl.Date, "load_id": pl.Int64, "retired_by_id": pl.Int64},
    )


def test_rows_come_back_as_they_were_written() -> None:
    frame = party_frame()
    assert append_rows("parties_party", frame) == 3
    columns = ", ".join(frame.columns)
    back = read_frame(f"SELECT {columns} FROM parties_party ORDER BY party_id", schema=frame.schema)
    assert_frame_equal(back, frame)
    second = Party.objects.get(party_id="P2")
    assert (second.date_of_birth, second.full_name, second.retired_by_id) == (None, 'a "quoted", 中文\nline', 3)


def test_instants_are_written_as_django_writes_them() -> None:
    instants = [datetime(2026, 11, 23, 2, 0, tzinfo=UTC), datetime(2026, 11, 23, 2, 0, 0, 120, tzinfo=UTC), None]
    frame = pl.DataFrame(
        {
            "load_id": [0, 0, 0], "party_id": ["P1", "P2", "P3"], "channel": ["phone"] * 3,
            "value": ["+12125550100", "+12125550101", "+12125550102"], "value_as_given": [""] * 3,
            "source": ["branch"] * 3, "collected_at": [*instants[:2], instants[0]], "relation": ["self"] * 3,
            "valid_to": [*instants], "extra": [""] * 3,
        },
        schema_overrides={"collected_at": INSTANT, "valid_to": INSTANT},
    )  # fmt: skip
    append_rows("parties_contactpoint", frame)
    for instant in instants[:2]:
        assert ContactPoint.objects.filter(valid_to=instant).count() == 1
        assert ContactPoint.objects.get(valid_to=instant).valid_to == instant
    back = read_frame(
        "SELECT party_id, valid_to, valid_to IS NULL FROM parties_contactpoint ORDER BY party_id",
        schema={"party_id": pl.String, "valid_to": INSTANT, "open": pl.Boolean},
    )
    assert back["valid_to"].to_list() == instants
    assert back["open"].to_list() == [False, False, True]


def test_no_rows_have_the_schema() -> None:
    schema = {"index": pl.Int64, "recorded_at": INSTANT}
    assert read_frame(f'SELECT "index", recorded_at FROM {Leaf._meta.db_table}', schema=schema).schema == schema


@pytest.mark.parametrize(("wanted", "found"), [(["P1", "P3", "P'; --"], ["P1", "P3"]), ([], [])])
def test_among_takes_any_number_of_values(wanted: list[str], found: list[str]) -> None:
    append_rows("parties_party", party_frame())
    condition, params = among("party_id", wanted)
    back = read_frame(
        f"SELECT party_id FROM parties_party WHERE {condition} AND load_id < %s ORDER BY 1",
        [*params, 9],
        schema={"party_id": pl.String},
    )
    assert back["party_id"].to_list() == found


def test_an_instant_without_zone_is_refused() -> None:
    with pytest.raises(TypeError, match="zone"):
        append_rows("parties_party", pl.DataFrame({"at": [datetime(2026, 1, 1)]}))


@pytest.mark.skipif(not is_postgresql(), reason="SQLite plans by its indexes alone")
def test_many_merged_rows_are_counted_before_the_transaction_ends() -> None:
    count = MANY_ROWS
    rows = pl.concat([party_frame()[:1]] * count).with_columns(party_id=pl.format("P{}", pl.int_range(count)))
    with transaction.atomic():
        merge_rows(versioned_table(Party), rows.drop("load_id", "retired_by_id"), load_id=1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'parties_party'")
            assert cursor.fetchone()[0] == count
