# SPDX-License-Identifier: Apache-2.0
"""Judging by the truth: who received what was released, and that nothing on the way of a reminder can read it."""

from datetime import UTC, datetime, timedelta

import grimp
import polars as pl
import pytest

from rightparty.simulation.truth import Truth, judge, received_by, send_to_everyone

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
INSTANT = pl.Datetime("us", "UTC")
MAY_READ = {"rightparty.cli.demo_summary"}


def truth_of(**point: object) -> Truth:
    row = {
        "party_id": "P1", "channel": "phone", "value": "+8615400000001", "reaches_from": AT - timedelta(days=900),
        "reaches_to": None, "shared_with": "", "quarantine_days": 90, "mishap": "", "relation": "self",
        "collected_at": AT - timedelta(days=800),
    } | point  # fmt: skip
    instants = dict.fromkeys(("reaches_from", "reaches_to", "collected_at"), INSTANT)
    return Truth(
        points=pl.DataFrame([row], schema_overrides=instants),
        accounts=pl.DataFrame(
            {
                "account_id": ["A1"], "party_id": ["P1"], "booked_due_minor": [500], "booked_days_past_due": [12],
                "really_due_minor": [0 if point.get("mishap") == "cured" else 500], "mishap": [""],
            }
        ),
        people=pl.DataFrame({"party_id": ["P1"], "mishap": [""]}),
    )  # fmt: skip


def release(value: str = "+8615400000001", channel: str = "sms", at: datetime = AT) -> pl.DataFrame:
    return pl.DataFrame(
        {"party_id": ["P1"], "account_id": ["A1"], "channel": [channel], "value": [value], "released_at": [at]},
        schema_overrides={"released_at": INSTANT},
    )


@pytest.mark.parametrize(
    ("point", "receiver"),
    [
        ({}, "person"),
        ({"shared_with": "P2"}, "household"),
        ({"reaches_from": None}, "stranger"),
        ({"reaches_to": AT}, "nobody"),
        ({"reaches_to": AT - timedelta(days=89)}, "nobody"),
        ({"reaches_to": AT - timedelta(days=90)}, "stranger"),
        ({"reaches_to": AT + timedelta(seconds=1)}, "person"),
        ({"reaches_from": AT + timedelta(days=1)}, "stranger"),
    ],
)
def test_receiver_by_the_lifetime_of_the_number(point: dict[str, object], receiver: str) -> None:
    assert received_by(release(), truth_of(**point))["received_by"].to_list() == [receiver]


def test_a_value_unknown_for_the_party_is_a_strangers() -> None:
    assert judge(release("+8615400000002"), truth_of())["stranger"] == 1


def test_a_call_and_an_address_column_are_judged_alike() -> None:
    calls = release(" +86 154 0000 0001", "call").rename({"value": "address"})
    assert judge(calls, truth_of())["person"] == 1


def test_a_reminder_of_a_cured_account_is_of_a_debt_not_owed() -> None:
    assert judge(release(), truth_of(mishap="cured"))["of not owed"] == 1


def test_nothing_sent_is_judged_without_error() -> None:
    assert judge(release().clear(), truth_of())["strangers per million"] == 0


def test_sending_to_everyone_uses_the_same_truth() -> None:
    lines = send_to_everyone(truth_of(reaches_from=None), at=AT)
    assert [line["stranger"] for line in lines] == [1, 1]


def test_only_the_closing_summary_can_reach_the_truth() -> None:
    """The generator that makes a truth may name its type; nothing that plans, gates or sends may reach it."""
    graph = grimp.build_graph("rightparty")
    makers = {"rightparty.simulation.lender", "rightparty.simulation.operations.write_sample"}
    assert graph.find_modules_that_directly_import("rightparty.simulation.truth") <= MAY_READ | makers
    rooms = "evidence kernel store parties policy lending planning dispatch inbound casework intake portal console api"
    for room in rooms.split():
        assert not graph.chain_exists(importer=f"rightparty.{room}", imported="rightparty.simulation", as_packages=True)
