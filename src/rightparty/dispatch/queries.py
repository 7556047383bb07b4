# SPDX-License-Identifier: Apache-2.0
"""Reads the outbox: for the gate's own steps, for faces and for the demo's summary."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from importlib import resources
from math import log
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import polars as pl
from django.conf import settings
from django.db import connection
from django.db.models import Count, F, Max, Q, Sum
from django.db.models.functions import TruncHour

from rightparty.dispatch import halt_file
from rightparty.dispatch.models import (
    AlarmDelivery,
    Batch,
    BatchDecision,
    BatchMessage,
    Halt,
    MessageText,
    OwnWording,
    Reminder,
    Segment,
    Verification,
)
from rightparty.dispatch.reminder_state import OPEN_STATES, ReminderState
from rightparty.dispatch.trial import (
    Seen,
    TrialRules,
    evidence_against,
    evidence_for,
    read_trial_rules,
    reports_that_stop,
)
from rightparty.dispatch.verification_state import ASKING
from rightparty.dispatch.wording import Wordings, available_wordings, shipped_wordings, with_own
from rightparty.dispatch.wording_lint import Wording, lint
from rightparty.evidence.queries import OpenedLeaf, find_leaf
from rightparty.kernel.identifiers import read_code
from rightparty.kernel.reasons import Reason, reasons_in
from rightparty.kernel.vocabulary import POINT_CHANNEL_OF, BatchState, Disclosure, MessageChannel
from rightparty.parties.queries import point_loads
from rightparty.planning.batches import BATCHES, batch_of_points
from rightparty.store.queries import among, is_postgresql, read_frame, text_array

_CLAIMED: Final = {
    "id": pl.String(), "account_id": pl.String(), "party_id": pl.String(), "channel": pl.String(),
    "address": pl.String(), "step": pl.String(), "cycle": pl.String(), "template": pl.String(), "tone": pl.String(),
    "planned_at": pl.Datetime("us", "UTC"),
}  # fmt: skip
POINT_OF: Final = {channel.value: point.value for channel, point in POINT_CHANNEL_OF.items()}
"""Channel of a message -> channel of the point."""

PAGE: Final = 200
"""Most rows a page asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderStory:
    """All that is known of one reminder."""

    reminder: Reminder
    reasons: tuple[Reason, ...]
    subject: str
    body: str
    #: the record of the gate's decision, with every fact it saw; None before the gate
    leaf: OpenedLeaf | None


def is_halted() -> bool:
    """Tell whether a halt is in force, in the store or by the file of this machine."""
    return is_halted_by_file() or Halt.objects.filter(lifted_at__isnull=True).exists()


def is_halted_by_file() -> bool:
    """Tell whether this machine is stopped by its file; asks no store."""
    return halt_file.is_there(settings.RIGHTPARTY["HOME"])


def waiting_reminders() -> dict[tuple[str, str], int]:
    """Return (state, channel) -> reminders of which something is still to come."""
    found: dict[tuple[str, str], int] = {}
    # one question for each: each state has an index of its own
    for state in (ReminderState.PLANNED, ReminderState.CLAIMED, ReminderState.RELEASED, ReminderState.UNKNOWN):
        counted = Reminder.objects.filter(in_state(state)).values_list("channel").annotate(n=Count("id"))
        found |= {(state.value, str(channel)): int(count) for channel, count in counted}
    return found


def in_state(state: str) -> Q:
    """Return the condition that reminders are in a state, such that an index serves it wherever there is one."""
    if state in (ReminderState.CLAIMED, ReminderState.RELEASED):
        return Q(state=state, lease_expires_at__isnull=False)
    return Q(state=state)


def count_planned() -> int:
    """Return how many reminders wait for a decision."""
    return Reminder.objects.filter(state=ReminderState.PLANNED).count()


def oldest_waiting() -> datetime | None:
    """Return when the oldest reminder that waits for a decision was planned."""
    first = Reminder.objects.filter(state=ReminderState.PLANNED).order_by("planned_at")
    return first.values_list("planned_at", flat=True).first()


def outcomes_of(ids: Collection[UUID]) -> list[tuple[str, int, datetime, datetime | None]]:
    """Return (state, reasons mask, planned at, handed over at) of some reminders."""
    found = Reminder.objects.filter(id__in=ids)
    return list(found.values_list("state", "reasons_mask", "planned_at", "handed_over_at"))


def channels_of(ids: Collection[UUID]) -> list[str]:
    """Return the channels of some reminders."""
    return list(Reminder.objects.filter(id__in=ids).values_list("channel", flat=True).distinct())


def current_halt() -> Halt | None:
    """Return the halt in force, if any."""
    return Halt.objects.filter(lifted_at__isnull=True).order_by("-halted_at").first()


def claimed_rows(ids: Sequence[UUID], *, worker: str, at: datetime) -> pl.DataFrame:
    """Return the claimed reminders that this worker still owns, in the order of the queue."""
    condition, params = among("id", [key.hex for key in ids])
    if is_postgresql():
        array, params = text_array([key.hex for key in ids])
        # a fence: the ids alone find the rows. A server that believes that nothing is claimed would go through all
        # that is under a lease and search the ids for each
        condition = f"id = ANY(({array})::uuid[]) OFFSET 0"
    sql = (
        f"SELECT {', '.join(_CLAIMED)} FROM (SELECT * FROM dispatch_reminder WHERE {condition}) given"
        " WHERE state = 'claimed' AND claimed_by = %s AND lease_expires_at > %s"
    )
    stamp = connection.ops.adapt_datetimefield_value(at)
    rows = read_frame(sql, [*params, worker, stamp], schema=_CLAIMED)
    if is_postgresql():
        rows = rows.with_columns(pl.col("id").str.replace_all("-", "", literal=True))
    return rows.sort("planned_at", "account_id", "party_id")


def find_by_code(typed: str) -> Reminder | None:
    """Return the reminder that a typed or linked reference code belongs to, or None."""
    code = read_code(typed)
    return Reminder.objects.filter(code=code).first() if code else None


def text_of(reminder_id: UUID) -> MessageText | None:
    """Return the text of a released reminder."""
    return MessageText.objects.filter(reminder_id=reminder_id).first()


def texts_of(ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """Return subject and body of released reminders, by id in hex."""
    rows = MessageText.objects.filter(reminder_id__in=[UUID(key) for key in ids])
    return {key.hex: (subject, body) for key, subject, body in rows.values_list("reminder_id", "subject", "body")}


def reminder_states(*, plan_id: int | None = None) -> dict[str, int]:
    """Return how many reminders are in each state, of one plan or of all."""
    reminders = Reminder.objects.all() if plan_id is None else Reminder.objects.filter(plan_id=plan_id)
    counted = reminders.values_list("state").annotate(n=Count("id"))
    found = {str(state): int(count) for state, count in counted}
    return {state.value: found.get(state.value, 0) for state in ReminderState}


def list_reminders(*, most: int = PAGE, skip: int = 0, reasons_mask: int = 0, **filters: Any) -> list[Reminder]:
    """Return reminders, newest change first, by account_id, party_id, person_id, state, plan_id, channel, address.

    With a `reasons_mask`, only those withheld for one of its reasons.

    Raises:
        ValueError: another filter was asked for.
    """
    allowed = {"account_id", "party_id", "person_id", "state", "plan_id", "channel", "address"}
    if unknown := set(filters) - allowed:
        raise ValueError(f"reminders cannot be filtered by {', '.join(sorted(unknown))}")
    given = {name: value for name, value in filters.items() if value not in (None, "")}
    stands = in_state(given.pop("state")) if "state" in given else Q()
    found = Reminder.objects.filter(stands, **given).order_by("-state_changed_at", "id")
    if reasons_mask:
        found = found.annotate(shared=F("reasons_mask").bitand(reasons_mask)).filter(shared__gt=0)
    return list(found[skip : skip + most])


def explain_reminder(reminder_id: UUID) -> ReminderStory | None:
    """Return the whole story of a reminder, or None if there is none."""
    reminder = Reminder.objects.filter(id=reminder_id).first()
    if reminder is None:
        return None
    text = text_of(reminder_id)
    return ReminderStory(
        reminder=reminder,
        reasons=reasons_in(reminder.reasons_mask),
        subject=text.subject if text else "",
        body=text.body if text else "",
        leaf=find_leaf(reminder.evidence_index) if reminder.evidence_index is not None else None,
    )


def outbox_keys() -> pl.DataFrame:
    """Return [account_id, party_id, step, cycle] of every reminder that left or may still leave."""
    schema = dict.fromkeys(("account_id", "party_id", "step", "cycle"), pl.String())
    sql = f"SELECT {', '.join(schema)} FROM dispatch_reminder WHERE state NOT IN ('withheld', 'cancelled')"
    return read_frame(sql, schema=schema)


def released_reminders() -> pl.DataFrame:
    """Return everything that was ever released.

    Shape: [reminder_id, account_id, party_id, person_id, channel, address, amount_minor, currency, disclosure, state,
    released_at, plan_id].
    """
    schema = {
        "reminder_id": pl.String(), "account_id": pl.String(), "party_id": pl.String(), "person_id": pl.String(),
        "channel": pl.String(), "address": pl.String(), "amount_minor": pl.Int64(), "currency": pl.String(),
        "disclosure": pl.String(), "state": pl.String(), "released_at": pl.Datetime("us", "UTC"),
        "plan_id": pl.Int64(),
    }  # fmt: skip
    columns = ", ".join("id" if name == "reminder_id" else name for name in schema)
    return read_frame(f"SELECT {columns} FROM dispatch_reminder WHERE released_at IS NOT NULL", schema=schema)


def withheld_at_the_gate() -> pl.DataFrame:
    """Return what the gate withheld.

    Shape: [reminder_id, account_id, party_id, channel, reasons_mask, plan_id, reasons (codes)].
    """
    schema = {
        "reminder_id": pl.String(), "account_id": pl.String(), "party_id": pl.String(), "channel": pl.String(),
        "reasons_mask": pl.Int64(), "plan_id": pl.Int64(),
    }  # fmt: skip
    columns = ", ".join("id" if name == "reminder_id" else name for name in schema)
    sql = f"SELECT {columns} FROM dispatch_reminder WHERE state = 'withheld'"
    rows = read_frame(sql, schema=schema)
    masks = rows["reasons_mask"].unique().to_list()
    names = pl.DataFrame(
        {"reasons_mask": masks, "reasons": [[r.code for r in reasons_in(mask)] for mask in masks]},
        schema={"reasons_mask": pl.Int64, "reasons": pl.List(pl.String)},
    )
    return rows.join(names, on="reasons_mask", how="left")


def reminders_of_segments(names: Collection[tuple[str, str]]) -> dict[tuple[str, str], UUID]:
    """Return the reminder of each (channel, provider id) that is known."""
    found = Segment.objects.filter(provider_id__in={provider_id for _, provider_id in names})
    rows = found.values_list("channel", "provider_id", "reminder_id")
    return {(channel, provider_id): reminder for channel, provider_id, reminder in rows}


def addresses_with_open_reminders(addresses: Sequence[str]) -> set[str]:
    """Return those addresses to which something is planned that no gate has decided on."""
    if not addresses:
        return set()
    planned = Reminder.objects.filter(address__in=addresses, state__in=OPEN_STATES)
    return set(planned.values_list("address", flat=True).distinct())


def find_mailed(message_id: str) -> Reminder | None:
    """Return the released e-mail that a Message-ID names, or None.

    Its first half is the reminder's own random id, which only sender and recipient of the mail have seen.
    """
    try:
        reminder_id = UUID(hex=message_id.partition("@")[0])
    except ValueError:
        return None
    found = Reminder.objects.filter(id=reminder_id, channel=MessageChannel.EMAIL, released_at__isnull=False).first()
    if found is None or not message_id.startswith(f"{found.id.hex}@"):
        return None
    # before it is settled its ids are not on file yet
    return found if message_id in (found.provider_ids or message_id).split() else None


def last_reminder_to(address: str, *, channel: str) -> Reminder | None:
    """Return the reminder last released to an address on a channel."""
    released = Reminder.objects.filter(address=address, channel=channel, released_at__isnull=False)
    return released.order_by("-released_at").first()


def trial_rules() -> TrialRules:
    """Return this installation's rules of trials.

    Raises:
        TrialRulesError: the lender's own file cannot be used.
        OSError: the file cannot be read.
    """
    own = str(settings.RIGHTPARTY["TRIAL_FILE"])
    shipped = resources.files(__package__).joinpath("trial.toml").read_text("utf-8")
    return read_trial_rules(shipped, own=Path(own).read_text("utf-8") if own else "")


def batches_as_of(*, at: datetime, locked: Collection[int] | None = None) -> pl.DataFrame:
    """Return how every batch stands, planning.batches.BATCHES; under the gate's locks, only `locked` ones have room.

    Units: `room` counts messages that a trial may still release before some have matured.
    """
    rules = trial_rules()
    rows = list(Batch.objects.values_list("load_id", "state", "new_points"))
    on_trial = {load for load, state, _ in rows if state == BatchState.ON_TRIAL}
    out, today = (_sample_since(on_trial, at - span) for span in (rules.matures, timedelta(days=1)))
    usable = on_trial if locked is None else on_trial & set(locked)
    rooms = [
        rules.room(points, out=out.get(load, 0), today=today.get(load, 0)) if load in usable else 0
        for load, _, points in rows
    ]
    return pl.DataFrame(
        {"load_id": [row[0] for row in rows], "state": [row[1] for row in rows], "room": rooms}, schema=BATCHES
    )


def _sample_since(on_trial: Collection[int], since: datetime) -> dict[int, int]:
    """Count the messages that trials have released since an instant, of each batch."""
    if not on_trial:
        return {}
    young = BatchMessage.objects.filter(batch__in=on_trial, is_sample=True, released_at__gt=since)
    return dict(young.values_list("batch_id").annotate(n=Count("pk")))


def seen_of(batch: Batch) -> Seen:
    """Return what is known of the messages that a batch fed since its test began."""
    mine = BatchMessage.objects.filter(batch=batch, released_at__gte=batch.tested_from)
    sums = mine.aggregate(n=Count("pk"), p=Sum("predicted"), a=Sum("allowed"), s=Sum("if_stranger"))
    reported = list(mine.filter(reported_at__isnull=False).values_list("allowed", "if_stranger"))
    return Seen(
        messages=sums["n"],
        predicted=sums["p"] or 0.0,
        allowed=sums["a"] or 0.0,
        if_stranger=sums["s"] or 0.0,
        reports=pl.DataFrame(reported, schema={"allowed": pl.Float64, "if_stranger": pl.Float64}, orient="row"),
    )


def matured_of(batch: Batch, *, at: datetime, rules: TrialRules) -> pl.DataFrame:
    """Return [predicted, if_stranger, is_reported] of a batch's sample: reported, or silent long enough.

    Only what was certainly handed over can be silent: an unknown outcome proves nothing.
    """
    schema = {"predicted": pl.Float64, "if_stranger": pl.Float64, "is_reported": pl.Boolean}
    if batch.state != BatchState.ON_TRIAL:
        return pl.DataFrame(schema=schema)
    certain = Q(
        reported_at__isnull=True,
        reminder__state__in=[ReminderState.HANDED_OVER, ReminderState.DELIVERED],
        reminder__handed_over_at__lte=at - rules.matures,
    )
    mine = BatchMessage.objects.filter(batch=batch, released_at__gte=batch.tested_from)
    found = mine.filter(Q(reported_at__isnull=False) | certain)
    rows = [(p, s, seen is not None) for p, s, seen in found.values_list("predicted", "if_stranger", "reported_at")]
    return pl.DataFrame(rows, schema=schema, orient="row")


def stopped_among(ids: Collection[UUID], *, at: datetime) -> list[UUID]:
    """Return those reminders whose contact point a stopped batch feeds."""
    if not ids or not Batch.objects.filter(state=BatchState.STOPPED).exists():
        return []
    rows = Reminder.objects.filter(id__in=ids).values_list("id", "party_id", "channel", "address")
    schema = {"id": pl.String, "party_id": pl.String, "message": pl.String, "value": pl.String}
    frame = pl.DataFrame([(str(key), *rest) for key, *rest in rows], schema=schema, orient="row").with_columns(
        channel=pl.col("message").replace_strict(POINT_OF, default=None, return_dtype=pl.String)
    )
    loads = point_loads(at=at, values=frame["value"].unique().to_list())
    fed = frame.join(batch_of_points(loads, batches_as_of(at=at)), on=["party_id", "channel", "value"])
    return [UUID(key) for key in fed.filter(pl.col("batch_state") == BatchState.STOPPED)["id"]]


ALARM_LINES: Final = {
    "raised_at": pl.Datetime("us", "UTC"), "kind": pl.String(), "load": pl.Int64(), "channel": pl.String(),
    "state": pl.String(), "attempts": pl.Int64(), "next_at": pl.Datetime("us", "UTC"), "fault": pl.String(),
}  # fmt: skip


def list_alarms(*, most: int = PAGE) -> pl.DataFrame:
    """Return the latest alarms and what became of each on each channel: ALARM_LINES."""
    rows = AlarmDelivery.objects.select_related("alarm").order_by("-alarm__raised_at", "alarm_id", "channel")[:most]
    told = [
        (d.alarm.raised_at, d.alarm.kind, d.alarm.facts.get("load"), d.channel, d.state, d.attempts,
         d.next_at if d.state == "waiting" else None, d.fault)
        for d in rows
    ]  # fmt: skip
    return pl.DataFrame(told, schema=ALARM_LINES, orient="row")


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchStory:
    """All that is known of one batch of contact data."""

    batch: Batch
    seen: Seen
    #: most messages that may be out and not yet matured, and how many are; both 0 if it is not on trial
    sample: int
    out: int
    #: evidence against it, as the share of what stops it (log scale): 1 or more stops
    against: float
    #: evidence for it, as the share of what ends the trial (log scale); 0 if it is not on trial
    proven: float
    #: the request that waits for a second person
    asked: BatchDecision | None
    #: requests of the past, newest first
    decisions: list[BatchDecision]


def batch_story(load_id: int, *, at: datetime) -> BatchStory | None:
    """Return the story of a batch, or None if the load brought no contact points."""
    batch = Batch.objects.filter(load_id=load_id).first()
    if batch is None:
        return None
    rules, seen = trial_rules(), seen_of(batch)
    on_trial = batch.state == BatchState.ON_TRIAL
    young = BatchMessage.objects.filter(batch=batch, is_sample=True, released_at__gt=at - rules.matures)
    decisions = list(BatchDecision.objects.filter(batch=batch).order_by("-asked_at", "-id"))
    proven = evidence_for(matured_of(batch, at=at, rules=rules), rules) / log(1 / rules.missed)
    return BatchStory(
        batch=batch,
        seen=seen,
        sample=rules.sample(batch.new_points) if on_trial else 0,
        out=young.count() if on_trial else 0,
        against=evidence_against(seen, rules) / log(1 / rules.false_stop),
        proven=proven if on_trial else 0.0,
        asked=next((each for each in decisions if each.agreed_at is None and each.void_at is None), None),
        decisions=[each for each in decisions if each.agreed_at is not None or each.void_at is not None],
    )


COURSE_POINTS: Final = 48
"""Points of a picture that the eye still tells apart on a phone."""


def batch_course(batch: Batch) -> pl.DataFrame:
    """Return how a batch's test went, as cumulative counts at some instants, oldest first.

    Shape: [at, messages, predicted, reports, stops_at]; `stops_at`: so many reports would have stopped it then.
    """
    rules, mine = trial_rules(), BatchMessage.objects.filter(batch=batch, released_at__gte=batch.tested_from)
    hours = (
        mine.annotate(hour=TruncHour("released_at"))
        .values("hour")
        .annotate(at=Max("released_at"), n=Count("pk"), p=Sum("predicted"), a=Sum("allowed"), s=Sum("if_stranger"))
        .values_list("at", "n", "p", "a", "s")
    )
    said = mine.filter(reported_at__isnull=False).values_list("reported_at", flat=True)
    schema = {
        "at": pl.Datetime("us", "UTC"), "messages": pl.Int64(), "predicted": pl.Float64(), "allowed": pl.Float64(),
        "if_stranger": pl.Float64(), "reports": pl.Int64(),
    }  # fmt: skip
    steps = [(*hour, 0) for hour in hours] + [(when, 0, 0.0, 0.0, 0.0, 1) for when in said]
    course = pl.DataFrame(steps, schema=schema, orient="row").sort("at").with_columns(pl.exclude("at").cum_sum())
    thin = course.gather_every(max(1, -(-course.height // COURSE_POINTS)))
    shown = pl.concat([thin, course.tail(1)]).unique(maintain_order=True)
    bounds = [
        reports_that_stop(n, allowed, stranger, rules)
        for n, allowed, stranger in shown.select("messages", "allowed", "if_stranger").rows()
    ]
    return shown.select("at", "messages", "predicted", "reports", stops_at=pl.Series(bounds, dtype=pl.Int64))


def standing_verifications(*, party_id: str, at: datetime) -> list[Verification]:
    """Return the questions that stand to a person, oldest first."""
    standing = Verification.objects.filter(party_id=party_id, state__in=ASKING, expires_at__gt=at)
    return list(standing.order_by("asked_at", "id"))


def find_letter(typed: str) -> Verification | None:
    """Return the question of the letter that a code stands in, or None."""
    code = read_code(typed)
    return Verification.objects.filter(letter_code=code).first() if code else None


def verification_states() -> pl.DataFrame:
    """Return [step, state, count] of all questions ever put."""
    counted = Verification.objects.values_list("step", "state").annotate(n=Count("id")).order_by("step", "state")
    schema = {"step": pl.String, "state": pl.String, "count": pl.Int64}
    return pl.DataFrame(list(counted), schema=schema, orient="row")


def list_batches(*, at: datetime, most: int = 50) -> list[BatchStory]:
    """Return every batch that is stopped or on trial, and then the latest of the others."""
    urgent = [
        load
        for state in (BatchState.STOPPED, BatchState.ON_TRIAL)
        for load in Batch.objects.filter(state=state).order_by("-load_id").values_list("load_id", flat=True)
    ]
    others = Batch.objects.exclude(load_id__in=urgent).order_by("-load_id").values_list("load_id", flat=True)[:most]
    return [story for load in [*urgent, *others] if (story := batch_story(load, at=at)) is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextsInForce:
    """The package's texts with the lender's own approved ones in their place."""

    wordings: Wordings
    #: dispatch.wording.available_wordings
    available: pl.DataFrame


def texts_in_force() -> TextsInForce:
    """Return the texts as of this transaction; one small query, the rest is kept until something is approved."""
    newest = (
        OwnWording.objects.filter(approved_index__isnull=False)
        .order_by("-approved_index")
        .values_list("approved_index", "id", "digest", "approved_at")
        .first()
    )
    return _texts_up_to(newest)


@lru_cache(maxsize=4)
def _texts_up_to(newest: tuple[int, int, str, datetime] | None) -> TextsInForce:
    """An approved text that breaks a rule which came with a later version of the package is not spoken."""
    if newest is None:
        return TextsInForce(wordings=shipped_wordings(), available=available_wordings())
    approved = OwnWording.objects.filter(approved_index__lte=newest[0]).order_by("approved_index")
    wordings = with_own([text for text in map(wording_of, approved) if not lint(text)])
    return TextsInForce(wordings=wordings, available=available_wordings(wordings))


def wording_of(row: OwnWording) -> Wording:
    """Return a text of the lender's own as it is linted and filled in."""
    return Wording(
        template=row.template, language=row.language, channel=row.channel, disclosure=Disclosure(row.disclosure),
        version=f"own-{row.id}", subject=row.subject, text=row.text, market=row.market,
    )  # fmt: skip


def list_own_wordings() -> list[OwnWording]:
    """Return the lender's own texts, drafts first, the newest first."""
    return list(OwnWording.objects.order_by(F("approved_index").desc(nulls_first=True), "-id")[:PAGE])
