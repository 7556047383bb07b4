# SPDX-License-Identifier: Apache-2.0
"""right_party: a person is asked whether a point is his; nothing he says lifts a contradiction, no code is guessed."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import polars as pl
import pytest

from rightparty.dispatch.channels.adapter import Fate
from rightparty.dispatch.channels.registry import connect
from rightparty.dispatch.models import Reminder, Verification
from rightparty.dispatch.operations.answer_verification import UnknownVerificationError, answer_verification
from rightparty.dispatch.operations.confirm_code import CodeNotAcceptedError, confirm_code
from rightparty.dispatch.operations.halt import halt
from rightparty.dispatch.operations.open_verifications import Letter, choose_verifications, open_verifications
from rightparty.dispatch.operations.send_code import send_code
from rightparty.dispatch.verification_state import MOST_ATTEMPTS, MOST_CODES
from rightparty.evidence.models import Leaf
from rightparty.parties.models import ContactEvent, ContactPoint, Party
from rightparty.parties.operations.record_event import record_event
from rightparty.planning.reverification.choose import CHOSEN, read_steps
from tests.integration.dispatch.lender import CountingChannel, add_person, enqueue, phone_of

pytestmark = pytest.mark.django_db(transaction=True)

CODES = frozenset({"one_time_code"})
CODE = "204613"


@pytest.fixture
def carrier() -> CountingChannel:
    channel = CountingChannel()
    connect("sms", channel)
    return channel


def ask(at: datetime, *, number: int = 1, step: str = "ask_in_app", **also: object) -> Verification:
    add_person(number, at)
    row = (f"P{number}", "phone", phone_of(number), step, 1.0, 0.0)
    chosen = pl.DataFrame([row], schema=CHOSEN, orient="row").with_columns(post_address=pl.lit("1 Example Road"))
    open_verifications(chosen, at=at, **also)  # type: ignore[arg-type]
    return Verification.objects.get(party_id=f"P{number}")


def send(asked: Verification, at: datetime, *, code: str = CODE, allowed: frozenset[str] = CODES) -> str:
    return send_code(
        verification=asked.id, party_id=asked.party_id, at=at, allowed=allowed, new_code=lambda: code
    ).refusal


def say(asked: Verification, answer: str, at: datetime, **also: str) -> str:
    return answer_verification(verification=asked.id, party_id=asked.party_id, answer=answer, at=at, **also).state


def confirm(asked: Verification, code: str, at: datetime) -> str:
    return confirm_code(verification=asked.id, party_id=asked.party_id, code=code, at=at).state


def evidence_of(asked: Verification) -> list[str]:
    return list(ContactEvent.objects.filter(event_id__startswith="verify:").values_list("kind", flat=True))


def report(asked: Verification, at: datetime) -> None:
    record_event(event_id=f"w-{at.isoformat()}", channel="phone", value=asked.value, kind="wrong_party",
                 occurred_at=at)  # fmt: skip


def test_still_mine_is_evidence_once_and_leaves_a_record(at: datetime) -> None:
    asked = ask(at)
    assert say(asked, "still_mine", at) == "stated"
    assert say(asked, "still_mine", at + timedelta(minutes=1)) == "stated"
    assert evidence_of(asked) == ["name_agrees"]
    assert Leaf.objects.filter(kind="verification.answered").count() == 1
    assert "+1202" not in "".join(Leaf.objects.values_list("payload", flat=True))


def test_no_longer_stops_the_point_and_what_is_planned_to_it(at: datetime) -> None:
    asked = ask(at)
    enqueue([("A1-0", 1)], at)
    assert say(asked, "no_longer", at) == "denied"
    assert evidence_of(asked) == ["wrong_party"]
    assert Reminder.objects.get().state == "cancelled"
    with pytest.raises(UnknownVerificationError):
        say(asked, "still_mine", at)


def test_a_question_is_unknown_to_another_and_after_its_time(at: datetime) -> None:
    asked = ask(at)
    for who, when, which in (
        ("P2", at, asked.id), ("P1", at + timedelta(days=15), asked.id), ("P1", at, uuid4()),
    ):  # fmt: skip
        with pytest.raises(UnknownVerificationError):
            answer_verification(verification=which, party_id=who, answer="still_mine", at=when)
    assert evidence_of(asked) == []


@pytest.mark.parametrize("by_code", [True, False])
def test_no_answer_lifts_a_contradiction(at: datetime, carrier: CountingChannel, by_code: bool) -> None:
    asked = ask(at)
    assert send(asked, at) == ""
    report(asked, at + timedelta(minutes=1))
    later = at + timedelta(minutes=2)
    assert (confirm(asked, CODE, later) if by_code else say(asked, "still_mine", later)) == "held"
    assert evidence_of(asked) == ["sent"]


def test_a_code_verifies_and_is_kept_nowhere(at: datetime, carrier: CountingChannel) -> None:
    asked = ask(at)
    assert send(asked, at) == ""
    assert CODE in carrier.written[0].body
    assert CODE not in str(Verification.objects.values().get())
    assert CODE not in "".join(Leaf.objects.values_list("payload", flat=True))
    assert confirm(asked, " 204 613 ", at + timedelta(minutes=9)) == "verified"
    assert evidence_of(asked) == ["sent", "otp_verified"]
    with pytest.raises(UnknownVerificationError):
        confirm(asked, CODE, at + timedelta(minutes=9))


def test_a_code_grows_old_and_the_one_before_is_worth_nothing(at: datetime, carrier: CountingChannel) -> None:
    asked = ask(at)
    send(asked, at)
    with pytest.raises(CodeNotAcceptedError):
        confirm(asked, CODE, at + timedelta(minutes=10))
    send(asked, at + timedelta(minutes=11), code="999999")
    with pytest.raises(CodeNotAcceptedError):
        confirm(asked, CODE, at + timedelta(minutes=12))
    assert confirm(asked, "999999", at + timedelta(minutes=12)) == "verified"


def test_guessing_ends_after_a_few_attempts_even_with_the_right_code(at: datetime, carrier: CountingChannel) -> None:
    asked = ask(at)
    send(asked, at)
    for guess in range(MOST_ATTEMPTS):
        with pytest.raises(CodeNotAcceptedError):
            confirm(asked, f"{guess:06d}", at)
    with pytest.raises(CodeNotAcceptedError):
        confirm(asked, CODE, at)
    assert "otp_verified" not in evidence_of(asked)


def test_without_a_code_sent_nothing_is_accepted(at: datetime) -> None:
    asked = ask(at)
    for typed in ("", "000000", " "):
        with pytest.raises(CodeNotAcceptedError):
            confirm(asked, typed, at)


def test_codes_are_few_and_apart(at: datetime, carrier: CountingChannel) -> None:
    asked = ask(at)
    assert send(asked, at) == ""
    assert send(asked, at + timedelta(seconds=30)) == "too_soon"
    for number in range(1, MOST_CODES):
        assert send(asked, at + timedelta(minutes=number * 2)) == ""
    assert send(asked, at + timedelta(hours=1)) == "too_many"
    assert len(carrier.written) == MOST_CODES


@pytest.mark.parametrize("why", ["not_allowed", "halted", "contradicted", "opted_out"])
def test_no_code_goes_out_where_none_may(at: datetime, carrier: CountingChannel, why: str) -> None:
    asked = ask(at)
    if why == "halted":
        halt(by="agent", why="test", at=at)
    elif why == "contradicted":
        report(asked, at - timedelta(hours=1))
    elif why == "opted_out":
        record_event(event_id="o", channel="phone", value=asked.value, kind="opted_out", occurred_at=at)
    assert send(asked, at, allowed=frozenset({"US:one_time_code"}) if why == "not_allowed" else CODES) == why
    assert carrier.written == []
    assert evidence_of(asked) == []


def test_a_refusal_of_the_carrier_is_said_and_the_code_counts(at: datetime) -> None:
    connect("sms", CountingChannel(Fate.REFUSED))
    asked = ask(at)
    assert send(asked, at) == "not_taken"
    assert Verification.objects.get().codes_sent == 1


def test_a_letter_is_answered_with_its_code_alone(at: datetime) -> None:
    handed: list[Letter] = []
    asked = ask(at, step="letter", hand_letters=handed.extend)
    assert handed[0].address == "1 Example Road"
    assert handed[0].code in handed[0].text
    assert "Planted" not in repr(handed[0])
    with pytest.raises(UnknownVerificationError):
        say(asked, "still_mine", at, letter_code="0000-0000-000")
    assert say(asked, "still_mine", at, letter_code=handed[0].code.lower()) == "stated"


def test_a_list_of_letters_that_cannot_be_written_opens_nothing(at: datetime) -> None:
    def full_disk(_: object) -> None:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        ask(at, step="letter", hand_letters=full_disk)
    assert Verification.objects.count() == 0


def doubtful(at: datetime, number: int) -> None:
    """A debtor whose phone an agent took down long ago, who uses the app at another point."""
    add_person(number, at)
    ContactEvent.objects.filter(party_id=f"P{number}").delete()
    ContactPoint.objects.filter(party_id=f"P{number}").update(source="agent", collected_at=at - timedelta(days=900))
    ContactPoint.objects.create(party_id=f"P{number}", channel="app", value=f"device-{number}", source="portal",
                                collected_at=at - timedelta(days=30), relation="self")  # fmt: skip


def test_who_is_in_doubt_and_uses_the_app_is_asked_there_once(at: datetime) -> None:
    doubtful(at, 1)
    add_person(2, at)
    steps = replace(read_steps(), disclosure=20_000.0)
    every = frozenset({"ask_in_app", "letter"})
    chosen = choose_verifications(at=at, steps=steps, allowed=every, budget=1e6)
    assert chosen.select("party_id", "channel", "step").rows() == [("P1", "phone", "ask_in_app")]
    open_verifications(chosen, at=at)
    assert choose_verifications(at=at, steps=steps, allowed=every, budget=1e6).is_empty()
    assert choose_verifications(at=at, steps=steps, allowed=frozenset({"US:ask_in_app"}), budget=1e6).is_empty()


def test_late_questions_end_by_themselves(at: datetime) -> None:
    ask(at)
    nothing = pl.DataFrame(schema={**CHOSEN, "post_address": pl.String})
    open_verifications(nothing, at=at + timedelta(days=20))
    assert Verification.objects.get().state == "expired"
    assert Party.objects.count() == 1
