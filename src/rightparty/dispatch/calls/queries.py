# SPDX-License-Identifier: Apache-2.0
"""Reads calls: those that wait and when each would be permitted, one call with its script, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

import polars as pl
from django.conf import settings
from django.db.models import Exists, OuterRef

from rightparty.dispatch.calls.script import CallDuties, Script, call_duties, script_of
from rightparty.dispatch.models import Call, CallOutcome, CallRecording, Reminder
from rightparty.dispatch.queries import batches_as_of, explain_reminder, texts_in_force
from rightparty.dispatch.reminder_state import ReminderState
from rightparty.kernel.money import Money
from rightparty.kernel.reasons import Reason, reasons_in
from rightparty.kernel.vocabulary import MessageChannel
from rightparty.parties.queries import find_party, ids_of_same_persons
from rightparty.planning.assembly import assemble_facts
from rightparty.planning.batches import within_room
from rightparty.planning.drafts.queries import installed_packs
from rightparty.planning.queries import read_world
from rightparty.planning.world import World
from rightparty.policy.earliest import earliest_permitted
from rightparty.policy.evaluate import judge
from rightparty.policy.pack import LawPacks
from rightparty.policy.verdict import duties_of

MOST: Final = 50
"""Calls that a list looks at: each is judged as the gate would."""

MOST_EARLIEST: Final = 8
"""Calls of a list for which the earliest minute is sought, which takes longer than to judge."""

_CANDIDATE: Final = ("account_id", "party_id", "channel", "address", "step", "cycle", "template", "tone")


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingCall:
    """A planned call as a list shows it: nothing of whom and what it is about."""

    reminder_id: UUID
    planned_at: datetime
    #: BCP 47, of the person
    language: str
    #: the gate would release it now
    permitted: bool
    reasons: tuple[Reason, ...]
    #: first minute at which only time would permit it; None: now, something else has to change, or it was not sought
    earliest: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStory:
    """All that is known of one call. Whom it is about never shows in a log."""

    call: Call = field(repr=False)
    reminder: Reminder = field(repr=False)
    #: oldest first; the last one stands
    outcomes: tuple[CallOutcome, ...]
    recordings: tuple[CallRecording, ...]
    script: Script = field(repr=False)
    duties: CallDuties
    #: as money is written; what was due when the gate released the call
    amount: str = field(repr=False)
    #: the recipient's local day of the call
    called_on: date

    def is_being_made(self, *, at: datetime) -> bool:
        """Tell whether the number may still be dialled: released, the lease lasts, and nothing was entered."""
        ends = self.reminder.lease_expires_at
        return self.reminder.state == ReminderState.RELEASED and not self.outcomes and ends is not None and at < ends

    @property
    def is_open(self) -> bool:
        """Whether the call was made, or may have been, and nothing was entered."""
        return self.reminder.state in (ReminderState.RELEASED, ReminderState.UNKNOWN) and not self.outcomes


def waiting_calls(*, at: datetime, most: int = MOST) -> list[WaitingCall]:
    """Return planned calls: those that the gate would release now first, then by the earliest permitted minute."""
    planned = Reminder.objects.filter(state=ReminderState.PLANNED, channel=MessageChannel.CALL)
    rows = list(planned.order_by("planned_at", "id")[:most])
    if not rows:
        return []
    packs = installed_packs()
    facts, judged, world = _judged(rows, packs, at=at)
    listed = []
    sought = 0
    for number, (row, mask) in enumerate(zip(rows, judged["reasons_mask"], strict=True)):
        reasons = reasons_in(mask)
        earliest = None
        if reasons and sought < MOST_EARLIEST and all(_is_about_time(reason) for reason in reasons):
            earliest, sought = _earliest(facts[number], world, packs), sought + 1
        listed.append(
            WaitingCall(
                reminder_id=row.id, planned_at=row.planned_at, language=row.language, permitted=not reasons,
                reasons=reasons, earliest=earliest,
            )
        )  # fmt: skip
    last = at + timedelta(days=366)
    return sorted(listed, key=lambda each: (not each.permitted, each.earliest or last, each.planned_at))


def earliest_call(reminder_id: UUID, *, at: datetime) -> datetime | None:
    """Return the first minute at which a call to the same point would be permitted if only time passed, or None."""
    reminder = Reminder.objects.filter(id=reminder_id).first()
    if reminder is None:
        return None
    packs = installed_packs()
    facts, _judged_rows, world = _judged([reminder], packs, at=at)
    return _earliest(facts, world, packs)


def find_call(call_id: UUID) -> CallStory | None:
    """Return one call that was opened, or None."""
    call = Call.objects.filter(reminder_id=call_id).first()
    story = explain_reminder(call_id) if call else None
    if call is None or story is None:
        return None
    reminder = story.reminder
    seen = story.leaf.facts.get("facts") if story.leaf else None
    facts = seen if isinstance(seen, dict) else {}
    said = facts.get("local_date_min")
    called_on = date.fromisoformat(str(said)) if said else call.opened_at.date()
    market = str(facts.get("market") or "")
    duties = call_duties(duties_of(installed_packs(), market=market, channel="call", on=called_on))
    party = find_party(reminder.party_id)
    options = settings.RIGHTPARTY
    script = script_of(
        language=reminder.language, opening=story.body, name=party.full_name if party else "",
        sender=str(options["SENDER_NAME"]), phone=str(options["PHONE"]), collector=duties.collector,
    )  # fmt: skip
    return CallStory(
        call=call, reminder=reminder, script=script, duties=duties, called_on=called_on,
        outcomes=tuple(CallOutcome.objects.filter(call=call).order_by("entry")),
        recordings=tuple(CallRecording.objects.filter(call=call).order_by("attached_at", "id")),
        amount=Money(reminder.amount_minor or 0, reminder.currency).plain(),
    )  # fmt: skip


def unfinished_calls(*, agent: str, at: datetime, days: int = 2) -> list[Call]:
    """Return an agent's calls of the last days of which no outcome was entered, newest first."""
    entered = CallOutcome.objects.filter(call=OuterRef("pk"))
    mine = Call.objects.filter(agent=agent[:150], opened_at__gt=at - timedelta(days=days))
    return list(mine.filter(~Exists(entered)).select_related("reminder").order_by("-opened_at")[:MOST])


def call_backs(*, agent: str, at: datetime) -> list[CallOutcome]:
    """Return the call-backs that people asked of an agent by today, whom he has not called since; oldest first.

    The person's own day may begin a day earlier than that of UTC, so tomorrow's are listed too: the gate knows his.
    """
    later_entry = CallOutcome.objects.filter(call=OuterRef("call"), entry__gt=OuterRef("entry"))
    called_since = Call.objects.filter(
        agent=agent[:150],
        reminder__account_id=OuterRef("call__reminder__account_id"),
        reminder__party_id=OuterRef("call__reminder__party_id"),
        opened_at__gt=OuterRef("call__opened_at"),
    )
    today = at.date()
    asked = CallOutcome.objects.filter(
        call__agent=agent[:150], outcome="callback_requested", call_back_on__lte=today + timedelta(days=1),
        call_back_on__gt=today - timedelta(days=7),
    )  # fmt: skip
    open_ones = asked.filter(~Exists(later_entry), ~Exists(called_since))
    return list(open_ones.order_by("call_back_on", "call_back_at", "id")[:MOST])


def find_recording(call_id: UUID, number: int) -> CallRecording | None:
    """Return a recording of a call."""
    return CallRecording.objects.filter(call_id=call_id, id=number).first()


def list_recordings(*, most: int | None = None) -> list[CallRecording]:
    """Return recordings, oldest first."""
    return list(CallRecording.objects.order_by("id")[:most])


def _judged(
    reminders: Sequence[Reminder], packs: LawPacks, *, at: datetime
) -> tuple[pl.DataFrame, pl.DataFrame, World]:
    """Judge reminders as the gate would, without its locks: a forecast, never a release."""
    rows = [tuple(str(getattr(each, name)) for name in _CANDIDATE) for each in reminders]
    candidates = pl.DataFrame(rows, schema=dict.fromkeys(_CANDIDATE, pl.String), orient="row")
    parties = ids_of_same_persons(party_ids=candidates["party_id"].unique().to_list())["party_id"].to_list()
    accounts = candidates["account_id"].unique().to_list()
    world = read_world(at=at, account_ids=accounts, party_ids=parties, batches=batches_as_of(at=at))
    facts = assemble_facts(candidates, world, wordings=texts_in_force().available, thresholds=packs.thresholds)
    return facts, within_room(judge(facts, packs)), world


def _earliest(row: pl.DataFrame, world: World, packs: LawPacks) -> datetime | None:
    zones = world.people.select("party_id", "zone_set")
    one = row.drop("zone_set", strict=False).join(zones, on="party_id", how="left")
    person = str(one["person_id"][0])
    return earliest_permitted(one, world.history.filter(pl.col("person_id") == person), packs)


def _is_about_time(reason: Reason) -> bool:
    return reason.code.startswith("right_time.")
