# SPDX-License-Identifier: Apache-2.0
"""right_party: contradictory evidence lowers trust, nothing silently raises it, one credible contradiction blocks."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightparty.kernel.reasons import BY_CODE, mask_of
from rightparty.kernel.vocabulary import EventKind, PointChannel, Source
from rightparty.parties.attribution.judge import attribute
from rightparty.parties.attribution.parameters import shipped_parameters

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
PARAMETERS = shipped_parameters()
VALUE = "+12025550147"

sources = st.sampled_from([source.value for source in Source])
channels = st.sampled_from([channel.value for channel in PointChannel])
kinds = st.sampled_from([kind.value for kind in EventKind])
days = st.integers(0, 1500)
histories = st.lists(st.tuples(kinds, days), max_size=6)
BAD = ("wrong_party", "reassigned", "undelivered")


def points(*rows: dict[str, Any]) -> pl.DataFrame:
    lawful = {"party_id": "P", "channel": "phone", "value": VALUE, "source": "application", "relation": "self",
              "collected_at": AT - timedelta(days=30), "valid_to": None}  # fmt: skip
    schema = {"party_id": pl.String, "channel": pl.String, "value": pl.String, "source": pl.String,
              "relation": pl.String, "collected_at": pl.Datetime("us", "UTC"),
              "valid_to": pl.Datetime("us", "UTC")}  # fmt: skip
    return pl.DataFrame([lawful | row for row in rows], schema=schema)


def events(*rows: tuple[str, int], channel: str = "phone", party: str = "P") -> pl.DataFrame:
    schema = {"channel": pl.String, "value": pl.String, "party_id": pl.String, "kind": pl.String,
              "occurred_at": pl.Datetime("us", "UTC"), "detail": pl.String}  # fmt: skip
    return pl.DataFrame(
        [(channel, VALUE, party, kind, AT - timedelta(days=ago), "") for kind, ago in rows], schema=schema, orient="row"
    )


def linked(*pairs: tuple[str, str]) -> pl.DataFrame:
    return pl.DataFrame(list(pairs), schema={"party_id": pl.String, "group_id": pl.String}, orient="row")


def judged(point: pl.DataFrame, history: pl.DataFrame, links: pl.DataFrame | None = None, *, at: datetime = AT) -> Any:
    found = attribute(point, history, linked() if links is None else links, at=at, parameters=PARAMETERS)
    return found.filter(pl.col("party_id") == "P").row(0, named=True)


def has(row: Any, code: str) -> bool:
    return bool(row["contradictions_mask"] & BY_CODE[code].mask)


@given(sources, channels, days, histories)
def test_the_three_probabilities_are_whole(source: str, channel: str, age: int, history: list[Any]) -> None:
    point = points({"source": source, "channel": channel, "collected_at": AT - timedelta(days=age)})
    row = judged(point, events(*history, channel=channel))
    three = [row[name] for name in ("p_person", "p_nobody", "p_stranger")]
    assert all(-1e-9 <= p <= 1 + 1e-9 for p in three)
    assert sum(three) == pytest.approx(1.0, abs=1e-9)


@given(sources, days, histories, st.sampled_from(BAD), days)
def test_bad_news_never_raises_trust_nor_clears_a_contradiction(
    source: str, age: int, history: list[Any], bad: str, ago: int
) -> None:
    point = points({"source": source, "collected_at": AT - timedelta(days=age)})
    before = judged(point, events(*history))
    after = judged(point, events(*history, (bad, ago)))
    assert after["p_person"] <= before["p_person"] + 1e-12
    assert after["contradictions_mask"] & before["contradictions_mask"] == before["contradictions_mask"]


@given(sources, days, histories, st.integers(1, 900))
def test_passing_time_never_speaks_for_the_person_against_a_stranger(
    source: str, age: int, history: list[Any], later: int
) -> None:
    point = points({"source": source, "collected_at": AT - timedelta(days=age)})
    now, then = judged(point, events(*history)), judged(point, events(*history), at=AT + timedelta(days=later))
    assert then["p_person"] * now["p_stranger"] <= now["p_person"] * then["p_stranger"] + 1e-12


@given(histories, kinds, st.integers(1, 300))
def test_what_has_not_happened_yet_has_no_say(history: list[Any], kind: str, ahead: int) -> None:
    assert judged(points({}), events(*history)) == judged(points({}), events(*history, (kind, -ahead)))


@given(histories, st.integers(0, 1400), st.sampled_from(["wrong_party", "reassigned"]))
def test_a_report_blocks_until_the_person_himself_is_seen_there_again(history: list[Any], ago: int, bad: str) -> None:
    row = judged(points({}), events(*history, (bad, ago)))
    code = "right_party.reported_wrong_party" if bad == "wrong_party" else "right_party.reassigned"
    alike = {"wrong_party", "name_differs"} if bad == "wrong_party" else {"reassigned", "holder_changed"}
    reports = [when for kind, when in [*history, (bad, ago)] if kind in alike]
    seen = [when for kind, when in history if kind in {"otp_verified", "login"}]
    # days ago: the smallest number is the latest; only a strictly later sign of the person clears
    cleared = bool(seen) and min(seen) < min(reports)
    assert has(row, code) == (not cleared)


@given(histories, st.sampled_from(["otp_verified", "login"]), days)
def test_a_strangers_log_in_never_speaks_for_the_person(history: list[Any], strong: str, ago: int) -> None:
    """Another party's confirmation at the value cannot lift this one; whoever else holds it, trust falls or stays."""
    alone = judged(points({}), events(*history))
    theirs = pl.concat([events(*history), events((strong, ago), party="Q")])
    assert judged(points({}), theirs)["p_person"] <= alone["p_person"] + 1e-12


def test_a_value_under_an_unlinked_person_blocks_both_and_a_link_unblocks() -> None:
    both = points({}, {"party_id": "Q"})
    code = "right_party.value_under_unlinked_person"
    marked = attribute(both, events(), linked(), at=AT, parameters=PARAMETERS)["contradictions_mask"]
    assert [bool(mask & BY_CODE[code].mask) for mask in marked] == [True, True]
    assert not has(judged(both, events(), linked(("P", "account:1"), ("Q", "account:1"))), code)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"relation": "employer"}, "right_party.third_party_contact"),
        ({"relation": "emergency"}, "right_party.third_party_contact"),
        ({"valid_to": AT}, "right_party.contact_point_expired"),
    ],
)
def test_a_third_partys_or_expired_point_is_marked(change: dict[str, Any], code: str) -> None:
    assert has(judged(points(change), events()), code)


def test_a_fresh_one_time_code_supports_naming_a_debt_and_skip_tracing_does_not() -> None:
    assert judged(points({}), events(("otp_verified", 2)))["p_person"] >= 0.95
    assert judged(points({"source": "skip_trace"}), events())["p_person"] < 0.75
    assert (
        judged(points({}), events(("otp_verified", 2)))["contradictions_mask"] & mask_of(["right_party.reassigned"])
        == 0
    )
