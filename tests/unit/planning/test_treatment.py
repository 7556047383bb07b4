# SPDX-License-Identifier: Apache-2.0
"""An account goes with the person who owes it first, and a broken promise counts only for what is due now."""

from dataclasses import fields
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from rightparty.planning.split import arms_of
from rightparty.planning.strategy import read_strategy
from rightparty.planning.treatment import treat
from rightparty.planning.world import World
from rightparty.policy.toml_lines import parse_toml

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
STEP = 'dpd_from=0\ndpd_to=90\nevery_days=5\nchannels=["sms"]\ntemplate="due"\ntone="neutral"\n'
JUMP = (
    f'[[steps]]\nname="a"\non_broken_promise="b"\n{STEP}'
    f'[[steps]]\nname="b"\n{STEP.replace("dpd_from=0", "").replace("dpd_to=90", "")}'
)
CHALLENGER = f'[[challengers]]\nname="other"\nper_mille=500\n[[challengers.steps]]\nname="o"\n{STEP}'
SPLIT = f'[[steps]]\nname="a"\n{STEP}{CHALLENGER}'


def world(promised: dict[str, date], person: str = "H1") -> World:
    """Two accounts of debtor P1 (person H1); P2 (person H2) stands surety for the first."""
    accounts = ["A1", "A2"]
    balances = pl.DataFrame(
        {
            "account_id": accounts, "days_past_due": [20, 20], "oldest_due_on": [date(2026, 11, 3)] * 2,
            "amount_due_minor": [100, 100],
        }
    )  # fmt: skip
    roles = pl.DataFrame(
        [("A1", "P2", "guarantor"), ("A1", "P1", "debtor"), ("A2", "P1", "debtor")],
        schema=["account_id", "party_id", "role"], orient="row",
    )  # fmt: skip
    known = {
        "at": AT, "balances": balances, "roles": roles,
        "people": pl.DataFrame({"party_id": ["P1", "P2"], "person_id": ["H1", "H2"]}),
        "promises": pl.DataFrame(
            [(person, account, day) for account, day in promised.items()],
            schema={"person_id": pl.String, "account_id": pl.String, "promised_on": pl.Date}, orient="row",
        ),
    }  # fmt: skip
    return World(**{field.name: known.get(field.name, pl.DataFrame()) for field in fields(World)})  # type: ignore[arg-type]


def steps(promised: dict[str, date], text: str = JUMP, *, person: str = "H1") -> dict[str, str]:
    treated = treat(world(promised, person), read_strategy(parse_toml("s.toml", text)), grace_days=2).collect()
    return dict(treated.select("account_id", "step").rows())


def test_without_a_promise_nothing_is_broken() -> None:
    assert steps({}) == {"A1": "a", "A2": "a"}


@pytest.mark.parametrize(("days_ago", "step"), [(4, "b"), (3, "a"), (0, "a"), (-3, "a")])
def test_a_promise_is_broken_after_the_days_of_grace_in_every_zone(days_ago: int, step: str) -> None:
    assert steps({"A1": AT.date() - timedelta(days=days_ago)}) == {"A1": step, "A2": "a"}


def test_a_promise_about_nothing_in_particular_is_about_all_accounts() -> None:
    assert steps({"": date(2026, 11, 10)}) == {"A1": "b", "A2": "b"}


def test_a_promise_of_which_only_the_account_is_known_is_broken_for_this_account() -> None:
    assert steps({"A1": date(2026, 11, 10)}, person="") == {"A1": "b", "A2": "a"}


def test_a_later_promise_that_is_open_takes_the_place_of_a_broken_one() -> None:
    assert steps({"A1": date(2026, 11, 10), "": date(2026, 11, 24)}) == {"A1": "a", "A2": "a"}


def test_a_promise_about_an_older_debt_is_none_about_this_one() -> None:
    assert steps({"A1": date(2026, 11, 2)}) == {"A1": "a", "A2": "a"}


def test_both_accounts_of_a_person_are_in_the_arm_of_the_debtor() -> None:
    for salt in "abcdef":
        text = f'salt="{salt}"\n{SPLIT}'
        strategy = read_strategy(parse_toml("s.toml", text))
        [arm] = arms_of(pl.Series(["H1"]), strategy)["arm"]
        treated = treat(world({}), strategy, grace_days=2).collect()
        assert treated["arm"].to_list() == [arm, arm]
        assert set(treated["step"]) == {"o" if arm == "other" else "a"}
