# SPDX-License-Identifier: Apache-2.0
"""once: whoever presses, asks or enters at the same instant, there is one call, one reminder and one outcome."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from django.db import connection

from rightparty.casework.models import Case
from rightparty.casework.operations.take_call_outcome import take_call_outcome
from rightparty.dispatch.models import Call, CallOutcome, Reminder
from rightparty.dispatch.operations.plan_call import CallError, plan_call
from rightparty.evidence.queries import verify_log
from rightparty.parties.models import ContactEvent
from tests.integration.dispatch.calls import AGENT, opened, planned, press
from tests.integration.dispatch.lender import add_person

pytestmark = pytest.mark.django_db(transaction=True)

HANDS = 4


def at_once(work: Callable[[int], object]) -> list[object]:
    """Do a thing with several hands, each on a connection of its own; refusals are answers too."""

    def one(hand: int) -> object:
        try:
            return work(hand)
        except CallError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(HANDS) as pool:
        return list(pool.map(one, range(HANDS)))


def test_of_agents_who_press_at_once_one_gets_the_call(at: datetime) -> None:
    call = planned(at)
    answers = at_once(lambda hand: press(call, at, agent=f"agent-{hand}"))
    assert sum(not isinstance(answer, CallError) for answer in answers) == 1
    assert Call.objects.count() == ContactEvent.objects.filter(kind="sent").count() == 1


def test_an_agent_who_presses_several_times_at_once_opens_one_call(at: datetime) -> None:
    call = planned(at)
    at_once(lambda _hand: press(call, at))
    assert Call.objects.count() == ContactEvent.objects.filter(kind="sent").count() == 1


def test_a_call_asked_for_several_times_at_once_is_planned_once(at: datetime) -> None:
    (account,) = add_person(101, at)
    answers = at_once(lambda _hand: plan_call(account_id=account, party_id="P101", by=AGENT, at=at))
    assert Reminder.objects.count() == len(set(answers)) == 1


def test_of_outcomes_entered_at_once_one_stands(at: datetime) -> None:
    call = opened(at)
    codes = ["wrong_party", "wrong_party", "no_answer", "deceased"]
    answers = at_once(lambda hand: take_call_outcome(call_id=call, outcome=codes[hand], by=AGENT, at=at))
    assert answers.count(True) == 1
    entry = CallOutcome.objects.get()
    assert Case.objects.count() == (entry.outcome == "wrong_party")
    assert verify_log().intact
