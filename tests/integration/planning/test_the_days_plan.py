# SPDX-License-Identifier: Apache-2.0
"""The plan over a small portfolio, from files to reasons, on both stores: each account is there for one promise."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from rightparty.dispatch.operations.enqueue_proposals import enqueue_proposals
from rightparty.dispatch.queries import batches_as_of, outbox_keys
from rightparty.dispatch.wording import available_wordings
from rightparty.evidence.queries import read_leaf, verify_log
from rightparty.intake.operations.load_portfolio import load_portfolio
from rightparty.kernel.reasons import reasons_in
from rightparty.planning.drafts.queries import installed_packs
from rightparty.planning.operations.propose_plan import PlanResult, propose_plan
from rightparty.planning.queries import entries_of_account, find_plan, find_portrait, judge_account, withheld_entries
from rightparty.planning.strategy import load_strategy

pytestmark = pytest.mark.django_db(transaction=True)

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # Monday 10:00 in Shanghai

EXPECTED: dict[str, set[str]] = {
    "lawful": set(),
    "paid": set(),
    "in_flight": {"right_debt.payment_in_flight"},
    "disputed": {"right_debt.disputed"},
    "deceased": {"right_party.deceased"},
    "no_point": {"right_party.no_contact_point"},
    "shared_a": {"right_party.value_under_unlinked_person"},
    "shared_b": {"right_party.value_under_unlinked_person"},
    "reported": {"right_party.reported_wrong_party", "correctable.case_open"},
    "opted_out": {"right_time.opted_out"},
    "contacted": {"right_time.person_daily_cap"},
    "in_new_york": {"right_time.outside_contact_hours"},
    "no_pack": {"right_time.no_law_pack"},
    "no_words": {"right_words.no_approved_template"},
    "closed": {"right_debt.account_not_open"},
    "unverified": {"right_party.below_threshold"},
}
"""Account -> the reasons that must be among its own (empty: proposed, or nothing due for `paid`)."""


def number(position: int) -> str:
    return f"+86154{position:08d}"


def write_portfolio(folder: Path) -> None:
    folder.mkdir()
    names = list(EXPECTED)
    phone = {name: number(1000 + place) for place, name in enumerate(names)}
    phone["shared_b"] = phone["shared_a"]
    odd_country = {"in_new_york": "US", "no_pack": "BR"}
    tables: dict[str, list[dict[str, object]]] = {
        "parties": [
            {
                "party_id": f"P-{name}",
                "full_name": f"Sample {name}",
                "country": odd_country.get(name, "CN"),
                "language": "sw" if name == "no_words" else "zh-CN",
                "time_zone": {"US": "America/New_York", "BR": "America/Sao_Paulo"}.get(
                    odd_country.get(name, ""), "Asia/Shanghai"
                ),
                "deceased_on": "2026-05-01" if name == "deceased" else "",
            }
            for name in names
        ],
        "contact_points": [
            {
                "party_id": f"P-{name}",
                "channel": "phone",
                "value": phone[name],
                "source": "skip_trace" if name == "unverified" else "application",
                "collected_at": "2026-10-01T10:00:00+08:00",
                "relation": "self",
            }
            for name in names
            if name != "no_point"
        ],
        "accounts": [
            {
                "account_id": name,
                "product": "cash_loan",
                "opened_on": "2026-01-01",
                "currency": "CNY",
                "principal": "1000.00",
                "status": "closed" if name == "closed" else "open",
            }
            for name in [*names, "second_debt"]
        ],
        "account_parties": [
            {"account_id": name, "party_id": f"P-{name}", "role": "debtor"} for name in names
        ]
        + [
            {"account_id": "lawful", "party_id": "P-paid", "role": "emergency_contact"},
            {"account_id": "second_debt", "party_id": "P-lawful", "role": "debtor"},
        ],
        "instalments": [
            {"account_id": name, "due_on": "2026-11-08", "amount": "100.00"} for name in [*names, "second_debt"]
        ],
        "payments": [
            {"payment_id": "paid", "account_id": "paid", "paid_at": "2026-11-20T00:00:00+08:00", "amount": "100.00",
             "status": "posted"},
            {"payment_id": "flying", "account_id": "in_flight", "paid_at": "2026-11-22T00:00:00+08:00",
             "amount": "100.00", "status": "pending"},
        ],
        "holds": [
            {"kind": "dispute", "from": "2026-11-15T00:00:00+08:00", "party_id": "", "account_id": "disputed"}
        ],
        "contact_events": [
            event(f"otp-{name}", phone[name], f"P-{name}", "otp_verified", "2026-11-18T10:00:00+08:00")
            for name in names
            if name not in {"no_point", "unverified", "shared_a", "shared_b"}
        ]
        + [
            event("report", phone["reported"], "P-reported", "wrong_party", "2026-11-19T10:00:00+08:00"),
            event("stop", phone["opted_out"], "P-opted_out", "opted_out", "2026-11-19T10:00:00+08:00"),
            event("today", phone["contacted"], "P-contacted", "sent", "2026-11-23T09:00:00+08:00"),
        ],
    }  # fmt: skip
    for name, rows in tables.items():
        pl.DataFrame(rows).write_csv(folder / f"{name}.csv")


def event(key: str, value: str, party: str, kind: str, at: str) -> dict[str, object]:
    return {
        "event_id": key, "channel": "phone", "value": value, "party_id": party, "kind": kind, "occurred_at": at,
    }  # fmt: skip


def plan() -> PlanResult:
    return propose_plan(at=AT, wordings=available_wordings(), outbox=outbox_keys(), batches=batches_as_of(at=AT))


@pytest.fixture
def planned(tmp_path: Path) -> PlanResult:
    write_portfolio(tmp_path / "lender")
    report = load_portfolio(tmp_path / "lender", at=AT)
    assert sum(table.rejected for table in report.tables) == 0, report.rejected_examples
    return plan()


def reasons_of(account: str, plan_id: int) -> set[str]:
    rows = withheld_entries(plan_id).filter(pl.col("account_id") == account)
    return {reason.code for mask in rows["reasons_mask"] for reason in reasons_in(mask)}


def test_each_account_is_withheld_for_its_own_reason(planned: PlanResult) -> None:
    for account, expected in EXPECTED.items():
        assert reasons_of(account, planned.plan_id) >= expected, account


def test_a_lawful_debtor_is_proposed_once_over_all_debts(planned: PlanResult) -> None:
    """right_time over the person: two equal debts, one reminder. right_party: no emergency contact is considered."""
    proposed = set(planned.proposals["account_id"])
    assert proposed == {"lawful"}
    assert reasons_of("second_debt", planned.plan_id) == {"right_time.person_daily_cap"}
    assert set(planned.proposals["party_id"]) == {"P-lawful"}
    assert planned.proposals["language"].to_list() == ["zh-Hans"]


def test_paid_debts_are_counted_and_not_considered(planned: PlanResult) -> None:
    assert planned.counts["nothing due"] == 1
    assert reasons_of("paid", planned.plan_id) == set()
    assert judge("paid").is_empty()


def test_planning_again_proposes_nothing_that_is_in_the_outbox(planned: PlanResult) -> None:
    """once: the same step and period is planned once."""
    queued = enqueue_proposals(planned.proposals, plan_id=planned.plan_id, at=AT)
    assert queued.added == 1
    again = plan()
    assert reasons_of("lawful", again.plan_id) >= {"once.already_planned"}
    assert enqueue_proposals(again.proposals, plan_id=again.plan_id, at=AT).already_there == 0
    assert again.proposals["account_id"].to_list() == ["second_debt"]


def test_a_plan_is_recorded_before_anything_can_be_sent(planned: PlanResult) -> None:
    stored = find_plan(planned.plan_id)
    assert stored is not None
    assert stored.evidence_index is not None
    assert read_leaf(stored.evidence_index).kind == "plan.proposed"
    assert verify_log().intact
    assert [entry.permitted for entry in entries_of_account("lawful")] == [True]


def test_one_account_judged_live_agrees_with_the_plan(planned: PlanResult) -> None:
    for account in EXPECTED:
        if account != "paid":
            mask = judge(account)["reasons_mask"][0]
            assert {reason.code for reason in reasons_in(mask)} == reasons_of(account, planned.plan_id), account


def test_a_portrait_shows_masked_values_and_what_is_due(planned: PlanResult) -> None:
    portrait = find_portrait("P-lawful", at=AT)
    assert portrait is not None
    assert {account["due"] for account in portrait.accounts} == {"CNY 100.00"}
    assert portrait.points[0]["shown"] == "+86154****1000"
    assert find_portrait("nobody", at=AT) is None


def judge(account: str) -> pl.DataFrame:
    return judge_account(
        account,
        at=AT,
        strategy=load_strategy(None),
        packs=installed_packs(),
        wordings=available_wordings(),
        batches=batches_as_of(at=AT),
    )
