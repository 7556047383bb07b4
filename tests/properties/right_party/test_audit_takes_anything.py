# SPDX-License-Identifier: Apache-2.0
"""right_party: an audit never fails on what a lender delivers, and says the same whatever the order of its rows."""

from datetime import UTC, date, datetime

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from rightparty.parties.audit.catalogue import CATALOGUE
from rightparty.parties.audit.examine import audit
from rightparty.parties.audit.frames import EVENTS, LINKS, PARTIES, POINTS

AT = datetime(2026, 11, 23, tzinfo=UTC)
odd = st.one_of(st.none(), st.text(max_size=12))
few = st.sampled_from(["P1", "P2", "P3", ""])
values = st.one_of(
    st.sampled_from(["+12025550147", "+8613800000000", "a.b@mail.example", "wangwen@mail.example", "@", "+"]), odd
)
instants = st.one_of(st.none(), st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
days = st.one_of(st.none(), st.dates(date(1850, 1, 1), date(2100, 1, 1)))


def rows_of(shape: object, **known: st.SearchStrategy[object]) -> st.SearchStrategy[pl.DataFrame]:
    """Frames of a shape: what is named from its own values, the rest odd texts, instants, days and numbers."""
    kinds = dict(shape)  # type: ignore[call-overload]
    columns = {
        name: known.get(
            name, days if kind == pl.Date else instants if kind == pl.Datetime("us", "UTC")
            else st.one_of(st.none(), st.integers(0, 5)) if kind == pl.Int64 else odd,
        )
        for name, kind in kinds.items()
    }  # fmt: skip
    return st.lists(st.fixed_dictionaries(columns), max_size=12).map(lambda rows: pl.DataFrame(rows, schema=kinds))


points = rows_of(
    POINTS, party_id=few, value=values, channel=st.sampled_from(["phone", "email", "post", "fax", None]),
    relation=st.sampled_from(["self", "employer", "", None]),
    source=st.sampled_from(["application", "agent", "", None]),
)  # fmt: skip
events = rows_of(
    EVENTS, party_id=few, value=values, channel=st.sampled_from(["phone", "email", None]),
    kind=st.sampled_from(["login", "sent", "delivered", "name_differs", "wrong_party", "pigeon", None]),
)  # fmt: skip
parties = rows_of(
    PARTIES, party_id=few, country=st.sampled_from(["CN", "US", "ZZ", None]),
    full_name=st.one_of(st.sampled_from(["王文", "Wang Wen", "Đức Anh"]), odd),
    national_id=st.one_of(st.sampled_from(["11010519491231002X", "0"]), odd),
    national_id_type=st.sampled_from(["id", "ssn", "", None]),
)  # fmt: skip
links = rows_of(LINKS, party_id=few, group_id=st.sampled_from(["a", "b", None]))


@settings(max_examples=25, deadline=None)
@given(points, events, parties, links, st.randoms(use_true_random=False))
def test_an_audit_takes_anything_in_any_order(
    points: pl.DataFrame, events: pl.DataFrame, parties: pl.DataFrame, links: pl.DataFrame, dice: object
) -> None:
    found = audit(points, events, parties, links, at=AT)
    assert set(found["finding"]) <= set(CATALOGUE)
    assert (found["count"] > 0).all()
    seed = dice.randrange(1000)  # type: ignore[attr-defined]
    again = audit(
        *(frame.sample(fraction=1.0, shuffle=True, seed=seed) for frame in (points, events, parties, links)), at=AT
    )
    assert again.to_dicts() == found.to_dicts()
