# SPDX-License-Identifier: Apache-2.0
"""right_time: what a person asked for, promised or complained of is read from the store and binds the next release."""

from datetime import datetime, timedelta

import pytest

from rightparty.dispatch.models import Reminder
from rightparty.dispatch.operations.release import release
from rightparty.kernel.reasons import reasons_in
from rightparty.lending.models import AccountParty, Hold
from rightparty.parties.models import ContactEvent
from tests.integration.dispatch.lender import add_person, claimed, enqueue, phone_of

pytestmark = pytest.mark.django_db

NUMBER = 1


def reasons_after(at: datetime, *said: tuple[str, str, timedelta]) -> set[str]:
    """Release a reminder to somebody who said things (kind, detail, how long ago); why it was withheld."""
    account = add_person(NUMBER, at)[0]
    enqueue([(account, NUMBER)], at)
    for n, (kind, detail, ago) in enumerate(said):
        ContactEvent.objects.create(
            event_id=f"said-{n}", channel="phone", value=phone_of(NUMBER), party_id=f"P{NUMBER}", kind=kind,
            detail=detail, occurred_at=at - ago, account_id=account if kind == "promise_to_pay" else "",
        )  # fmt: skip
    release(claimed(at), at=at, worker="w1")
    return {reason.code for reason in reasons_in(Reminder.objects.get().reasons_mask)}


DAY = timedelta(days=1)


def test_a_promise_to_pay_is_waited_for(at: datetime) -> None:
    assert reasons_after(at, ("promise_to_pay", "2026-11-25", DAY)) == {"right_time.promise_to_pay"}


def test_a_broken_promise_is_not_waited_for(at: datetime) -> None:
    assert reasons_after(at, ("promise_to_pay", "2026-11-19", 9 * DAY)) == set()


def test_a_promise_without_a_day_stands_for_a_week(at: datetime) -> None:
    assert reasons_after(at, ("promise_to_pay", "", DAY)) == {"right_time.promise_to_pay"}


def promise_of_nobody(at: datetime, account: str, *, day: str = "2026-11-25") -> None:
    ContactEvent.objects.create(
        event_id=f"promise-{account}", channel="phone", value="+8615400009999", kind="promise_to_pay", detail=day,
        occurred_at=at - DAY, account_id=account,
    )  # fmt: skip


def test_a_promise_that_names_only_the_account_binds_everybody_who_owes_it(at: datetime) -> None:
    account = add_person(NUMBER, at)[0]
    add_person(2, at)
    AccountParty.objects.create(account_id=account, party_id="P2", role="guarantor")
    enqueue([(account, NUMBER), (account, 2)], at)
    promise_of_nobody(at, account)
    release(claimed(at), at=at, worker="w1")
    masks = [reminder.reasons_mask for reminder in Reminder.objects.all()]
    assert [{reason.code for reason in reasons_in(mask)} for mask in masks] == [{"right_time.promise_to_pay"}] * 2


def test_a_promise_that_names_only_the_account_says_nothing_of_another(at: datetime) -> None:
    first, second = add_person(NUMBER, at, accounts=2)
    enqueue([(second, NUMBER)], at)
    promise_of_nobody(at, first)
    assert release(claimed(at), at=at, worker="w1").withheld == 0


def test_the_later_of_a_named_and_an_unnamed_promise_is_waited_for(at: datetime) -> None:
    account = f"A{NUMBER}-0"
    promise_of_nobody(at, account, day="2026-11-26")
    assert reasons_after(at, ("promise_to_pay", "2026-11-19", 9 * DAY)) == {"right_time.promise_to_pay"}


def test_requested_hours_bind_and_are_no_opt_out(at: datetime) -> None:
    assert reasons_after(at, ("opted_out", "outside:12:00-20:00", DAY)) == {"right_time.outside_requested_hours"}


def test_a_wish_that_cannot_be_read_leaves_no_hour(at: datetime) -> None:
    assert reasons_after(at, ("opted_out", "outside:in the evening", DAY)) == {"right_time.outside_requested_hours"}


def test_requested_hours_are_taken_back(at: datetime) -> None:
    taken_back = ("opted_out", "outside:12:00-20:00", 2 * DAY), ("consent_given", "outside:", DAY)
    assert reasons_after(at, *taken_back) == set()


def test_an_agreement_on_hours_takes_no_opt_out_back(at: datetime) -> None:
    said = ("opted_out", "sms", 2 * DAY), ("consent_given", "hours:08:00-22:00", DAY)
    assert "right_time.opted_out" in reasons_after(at, *said)


@pytest.mark.parametrize("detail", ["hours: stop calling me", "days:never", "call_back:no", "outside"])
def test_a_refusal_is_an_opt_out_whatever_its_detail_begins_with(at: datetime, detail: str) -> None:
    assert "right_time.opted_out" in reasons_after(at, ("opted_out", detail, DAY))


@pytest.mark.parametrize("detail", ["outside:12:00-20:00", "call_back:2026-11-24", "sms"])
def test_a_consent_that_is_taken_back_is_whatever_it_names(at: datetime, detail: str) -> None:
    assert "right_time.opted_out" in reasons_after(at, ("consent_revoked", detail, DAY))


def test_hours_asked_for_by_nobody_known_refuse_the_channel(at: datetime) -> None:
    ContactEvent.objects.create(
        event_id="nobody", channel="phone", value=phone_of(NUMBER), kind="opted_out", detail="outside:08:00-22:00",
        occurred_at=at - DAY,
    )  # fmt: skip
    assert "right_time.opted_out" in reasons_after(at)


def test_an_agreement_with_nobody_known_takes_no_opt_out_back(at: datetime) -> None:
    ContactEvent.objects.create(
        event_id="nobody", channel="phone", value=phone_of(NUMBER), kind="consent_given", detail="hours:08:00-22:00",
        occurred_at=at - timedelta(hours=1),
    )  # fmt: skip
    assert "right_time.opted_out" in reasons_after(at, ("opted_out", "sms", DAY))


def test_of_two_wishes_at_one_instant_the_refusal_holds(at: datetime) -> None:
    both = ("opted_out", "outside:12:00-20:00", DAY), ("consent_given", "outside:", DAY)
    assert reasons_after(at, *both) == {"right_time.outside_requested_hours"}


@pytest.mark.parametrize("on_account", [True, False])
def test_after_a_complaint_there_is_peace(at: datetime, on_account: bool) -> None:
    of = {"account_id": f"A{NUMBER}-0"} if on_account else {"party_id": f"P{NUMBER}"}
    Hold.objects.create(kind="complaint", from_at=at - 5 * DAY, to_at=at - DAY, **of)
    assert reasons_after(at) == {"right_time.cooling_off"}


def test_a_vulnerable_person_is_protected(at: datetime) -> None:
    Hold.objects.create(kind="vulnerability", from_at=at - 5 * DAY, party_id=f"P{NUMBER}")
    assert "right_time.protected_person" in reasons_after(at)
