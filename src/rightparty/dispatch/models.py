# SPDX-License-Identifier: Apache-2.0
"""The outbox: one row per reminder from plan to end. Serves once; its checks repeat the state machine."""

import uuid

from django.db import models
from django.db.models.functions import Lower
from django.db.models.lookups import Exact


class Reminder(models.Model):
    """One planned reminder of one account to one party at one contact point."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    plan_id = models.BigIntegerField()
    planned_at = models.DateTimeField()
    account_id = models.CharField(max_length=64)
    party_id = models.CharField(max_length=64)
    person_id = models.CharField(max_length=64)
    #: sms, email (kernel.vocabulary.MessageChannel)
    channel = models.CharField(max_length=8)
    address = models.CharField(max_length=500)
    step = models.CharField(max_length=64)
    #: the period this step serves, so that one step is planned once in it
    cycle = models.CharField(max_length=64)
    template = models.CharField(max_length=64)
    tone = models.CharField(max_length=16, default="")
    language = models.CharField(max_length=35)
    state = models.CharField(max_length=16, default="planned")
    state_changed_at = models.DateTimeField()
    claimed_by = models.CharField(max_length=64, default="")
    #: null unless claimed or released; an expired one is dealt with by recovery
    lease_expires_at = models.DateTimeField(null=True)
    #: reference code, set at release; the only thing of the reminder that a stranger ever types
    code = models.CharField(max_length=16, null=True)
    template_version = models.CharField(max_length=16, default="")
    disclosure = models.CharField(max_length=16, default="")
    amount_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, default="")
    text_digest = models.CharField(max_length=64, default="")
    reasons_mask = models.BigIntegerField(default=0)
    #: the leaf of the gate's last decision
    evidence_index = models.BigIntegerField(null=True)
    released_at = models.DateTimeField(null=True)
    handed_over_at = models.DateTimeField(null=True)
    #: the provider that was given it, as its adapter is named
    provider = models.CharField(max_length=32, default="", db_default="")
    #: when the provider is next asked what became of it; null unless unknown and the provider can be asked
    next_ask_at = models.DateTimeField(null=True)
    asks = models.PositiveSmallIntegerField(default=0, db_default=0)
    #: the carrier's ids for the message, space separated (one per segment)
    provider_ids = models.CharField(max_length=500, default="")
    #: why it failed or is unknown, a code of the channel; no personal data
    outcome = models.CharField(max_length=100, default="")

    class Meta:
        constraints = [
            # what never left may be proposed again: withheld at night, cancelled by a halt. No condition but a value
            # that equals no other, so that the same index finds all reminders of an account
            models.UniqueConstraint(
                "account_id",
                "party_id",
                "step",
                "cycle",
                models.Case(models.When(state__in=["withheld", "cancelled"], then=None), default=1),
                name="reminder_once",
            ),
            # of those that have one: on PostgreSQL a claim writes nothing into it
            models.UniqueConstraint(
                fields=["code"], condition=models.Q(code__isnull=False), name="reminder_code"
            ),
            models.CheckConstraint(
                name="reminder_state_known",
                condition=models.Q(
                    state__in=[
                        "planned", "claimed", "released", "handed_over", "delivered",
                        "withheld", "failed", "unknown", "cancelled",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="reminder_released_is_complete",
                condition=models.Q(state__in=["planned", "claimed", "withheld", "cancelled"])
                | models.Q(
                    released_at__isnull=False,
                    code__isnull=False,
                    evidence_index__isnull=False,
                    amount_minor__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="reminder_withheld_has_reason",
                condition=~models.Q(state="withheld") | models.Q(reasons_mask__gt=0),
            ),
        ]  # fmt: skip
        # each is written at every step of every reminder: only what is asked for, and never Django's second index of a
        # text column on PostgreSQL, which serves questions about beginnings
        indexes = [
            # on PostgreSQL of kind BRIN (migration 0009), as plans stand in the table in their order
            models.Index(fields=["plan_id"], name="reminder_plan"),
            models.Index(fields=["party_id"], name="reminder_party"),
            models.Index(fields=["address"], name="reminder_address"),
            # one for each state that somebody asks for: of all states together it would be written at every move
            *(
                models.Index(fields=["state_changed_at"], condition=models.Q(state=state), name=f"reminder_{state}")
                for state in ("withheld", "failed", "unknown", "cancelled")
            ),
            models.Index(
                fields=["lease_expires_at"],
                condition=models.Q(lease_expires_at__isnull=False),
                name="reminder_under_lease",
            ),
            models.Index(
                fields=["planned_at", "channel"], condition=models.Q(state="planned"), name="reminder_to_claim"
            ),
            models.Index(
                fields=["next_ask_at"], condition=models.Q(next_ask_at__isnull=False), name="reminder_to_ask_after"
            ),
        ]


class MessageText(models.Model):
    """The rendered text of a released reminder, kept apart so that the outbox stays narrow."""

    reminder = models.OneToOneField(Reminder, on_delete=models.PROTECT, primary_key=True)
    subject = models.CharField(max_length=200, default="")
    body = models.TextField()


class Segment(models.Model):
    """The carrier's name for one segment of a handed-over message, by which receipts find it."""

    reminder = models.ForeignKey(Reminder, on_delete=models.PROTECT)
    channel = models.CharField(max_length=8)
    provider_id = models.CharField(max_length=100)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "provider_id"], name="segment_once")]


class Halt(models.Model):
    """A stop of all dispatch. In force while `lifted_at` is null."""

    halted_at = models.DateTimeField()
    halted_by = models.CharField(max_length=150)
    why = models.CharField(max_length=300)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.CharField(max_length=150, default="")
    lifted_why = models.CharField(max_length=300, default="", db_default="")

    class Meta:
        # to halt takes no right: anybody on staff may
        permissions = [("resume_dispatch", "May lift a halt of all dispatch")]


class Lookup(models.Model):
    """One silent question to a carrier about one contact point. Serves right_party."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    party_id = models.CharField(max_length=64)
    channel = models.CharField(max_length=8)
    value = models.CharField(max_length=500)
    #: status_lookup, holder_lookup, subscriber_lookup
    step = models.CharField(max_length=32)
    asked_at = models.DateTimeField(db_index=True)
    #: the kind of event it became, `unknown`, or empty while no answer is on file
    answer = models.CharField(max_length=32, default="")


class Batch(models.Model):
    """A load that brought contact points, and whether they may be used. Serves right_party.

    `on_trial` becomes `trusted` or `stopped`, `trusted` becomes `stopped`; `stopped` becomes `on_trial` by two people.
    """

    #: the load's number
    load_id = models.BigIntegerField(primary_key=True)
    opened_at = models.DateTimeField()
    #: (party, channel, value) that no earlier load had
    new_points = models.BigIntegerField(default=0)
    #: kernel.vocabulary.BatchState
    state = models.CharField(max_length=16)
    state_changed_at = models.DateTimeField()
    #: what put it there: first_load, small, new, clean, reports, by_hand, two_people, reverted, before_trials
    cause = models.CharField(max_length=16)
    #: staff, for a stop by hand; may name the matter, never a person
    stopped_by = models.CharField(max_length=150, default="")
    why = models.CharField(max_length=300, default="")
    #: the present test counts messages released from here on
    tested_from = models.DateTimeField()

    class Meta:
        permissions = [("decide_batch", "May agree that a stopped batch goes on, or that a trial ends")]
        constraints = [
            models.CheckConstraint(
                name="batch_state_known",
                condition=models.Q(state__in=["on_trial", "trusted", "stopped", "withdrawn"]),
            ),
        ]


class BatchMessage(models.Model):
    """A released message that a batch's contact point fed: what was predicted of it, and whether it was reported."""

    reminder = models.OneToOneField(Reminder, on_delete=models.PROTECT, primary_key=True)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, db_index=False)
    released_at = models.DateTimeField()
    #: released within a trial's sample
    is_sample = models.BooleanField()
    #: chance of a report: by attribution, with the tolerance, and if a stranger receives
    predicted = models.FloatField()
    allowed = models.FloatField()
    if_stranger = models.FloatField()
    reported_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["batch", "released_at"], name="batch_message_released"),
            models.Index(
                fields=["batch"], condition=models.Q(reported_at__isnull=False), name="batch_message_reported"
            ),
        ]


class BatchDecision(models.Model):
    """One person asks that a batch go on, another agrees. Nobody agrees with himself."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT)
    #: the batch's state when it was asked; agreeing counts only while it is still so
    from_state = models.CharField(max_length=16)
    to_state = models.CharField(max_length=16)
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField()
    reason = models.CharField(max_length=300)
    agreed_by = models.CharField(max_length=150, default="")
    agreed_at = models.DateTimeField(null=True)
    #: overtaken by a new stop or a revert
    void_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="batch_decision_takes_two",
                condition=~models.Q(asked_by="") & ~models.Q(Exact(Lower("asked_by"), Lower("agreed_by"))),
            ),
            models.CheckConstraint(
                name="batch_decision_is_whole",
                condition=models.Q(agreed_by="", agreed_at__isnull=True)
                | (~models.Q(agreed_by="") & models.Q(agreed_at__isnull=False)),
            ),
            models.UniqueConstraint(
                fields=["batch"],
                condition=models.Q(agreed_at__isnull=True, void_at__isnull=True),
                name="batch_decision_one_open",
            ),
        ]


class Alarm(models.Model):
    """Something that the lender's operations must hear of; it commits with what it tells. Holds no personal data."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    #: dispatch.alarms.ALARMS
    kind = models.CharField(max_length=32)
    raised_at = models.DateTimeField(db_index=True)
    #: numbers and codes
    facts = models.JSONField(default=dict)


class AlarmDelivery(models.Model):
    """One alarm on its way through one channel: tried until it is taken or was tried often enough."""

    alarm = models.ForeignKey(Alarm, on_delete=models.PROTECT)
    #: log, email, webhook
    channel = models.CharField(max_length=16)
    #: waiting, sent, failed
    state = models.CharField(max_length=16, default="waiting")
    attempts = models.IntegerField(default=0)
    #: not before
    next_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    #: a code of the channel; no personal data
    fault = models.CharField(max_length=64, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["alarm", "channel"], name="alarm_once_per_channel")]
        indexes = [models.Index(fields=["next_at"], condition=models.Q(state="waiting"), name="alarm_to_send")]


class Verification(models.Model):
    """One question to a person whether a contact point is his, in the app or by letter. Serves right_party."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    party_id = models.CharField(max_length=64, db_index=True)
    #: the point that is asked about
    channel = models.CharField(max_length=8)
    value = models.CharField(max_length=500, db_index=True)
    #: ask_in_app, letter
    step = models.CharField(max_length=32)
    asked_at = models.DateTimeField(db_index=True)
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=16, default="open", db_index=True)
    state_changed_at = models.DateTimeField()
    #: what stands in the letter and proves that it was read; null for other steps
    letter_code = models.CharField(max_length=16, null=True, unique=True)
    #: of the one-time code that was sent last; never the code itself
    code_digest = models.CharField(max_length=64, default="")
    code_sent_at = models.DateTimeField(null=True)
    code_attempts = models.PositiveSmallIntegerField(default=0)
    codes_sent = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["party_id", "channel", "value"],
                condition=models.Q(state="open"),
                name="verification_open_once",
            ),
            models.CheckConstraint(
                name="verification_state_known",
                condition=models.Q(state__in=["open", "stated", "verified", "denied", "held", "expired"]),
            ),
            models.CheckConstraint(
                name="verification_letter_has_code",
                condition=~models.Q(step="letter") | models.Q(letter_code__isnull=False),
            ),
        ]


class OwnWording(models.Model):
    """A text of the lender's own: proposed by one person, in force once another approves. Serves right_words.

    The store refuses to delete one, to change its words, and to change anything of it once it is approved.
    """

    template = models.CharField(max_length=64)
    language = models.CharField(max_length=35)
    channel = models.CharField(max_length=8)
    disclosure = models.CharField(max_length=16)
    #: ISO 3166; empty for all markets
    market = models.CharField(max_length=2, default="")
    subject = models.CharField(max_length=200, default="")
    text = models.TextField()
    #: of key, subject and text, as the evidence names it
    digest = models.CharField(max_length=64)
    proposed_by = models.CharField(max_length=150)
    proposed_at = models.DateTimeField()
    approved_by = models.CharField(max_length=150, default="")
    approved_at = models.DateTimeField(null=True)
    #: the leaf of its approval: of two texts for one key the later approved is in force
    approved_index = models.BigIntegerField(null=True, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="own_wording_takes_two",
                condition=~models.Q(proposed_by="") & ~models.Q(Exact(Lower("proposed_by"), Lower("approved_by"))),
            ),
            models.CheckConstraint(
                name="own_wording_is_whole",
                condition=models.Q(approved_by="", approved_at__isnull=True, approved_index__isnull=True)
                | (~models.Q(approved_by="") & models.Q(approved_at__isnull=False, approved_index__isnull=False)),
            ),
            models.CheckConstraint(
                name="own_wording_disclosure_known",
                condition=models.Q(disclosure__in=["limited_content", "account", "amount"]),
            ),
        ]


class Call(models.Model):
    """An agent's call: one reminder of the channel `call` that the gate released to him. Serves once."""

    reminder = models.OneToOneField(Reminder, on_delete=models.PROTECT, primary_key=True)
    #: staff, or the agent as a dialler names him
    agent = models.CharField(max_length=150, db_index=True)
    opened_at = models.DateTimeField()
    #: who dials: by_hand, dialler, unknown (the dialler may be calling)
    dialling = models.CharField(max_length=16, default="by_hand")
    #: when the agent had checked who he speaks to; before that nothing may be said of the debt
    identified_at = models.DateTimeField(null=True)

    class Meta:
        permissions = [
            ("make_call", "May call people and record what came of it"),
            ("hear_recording", "May fetch the recording of a call"),
        ]
        constraints = [
            models.CheckConstraint(
                name="call_dialling_known", condition=models.Q(dialling__in=["by_hand", "dialler", "unknown"])
            ),
        ]


class CallOutcome(models.Model):
    """What came of a call, as it was entered; a correction is a further entry. The store refuses any change."""

    call = models.ForeignKey(Call, on_delete=models.PROTECT)
    #: 1 for the first, then corrections
    entry = models.PositiveSmallIntegerField()
    #: dispatch.calls.outcomes.OUTCOMES
    outcome = models.CharField(max_length=32)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=150)
    promised_on = models.DateField(null=True)
    promised_minor = models.BigIntegerField(null=True)
    call_back_on = models.DateField(null=True)
    #: local time of the person, as he said it
    call_back_at = models.TimeField(null=True)
    evidence_index = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["call", "entry"], name="call_outcome_once"),
            models.CheckConstraint(
                name="call_outcome_promise_has_a_day",
                condition=~models.Q(outcome="promise_to_pay") | models.Q(promised_on__isnull=False),
            ),
        ]


class CallRecording(models.Model):
    """The recording of a call: what it is, not the sound itself, which lies sealed in the home folder.

    The store refuses any change.
    """

    call = models.ForeignKey(Call, on_delete=models.PROTECT)
    #: of the sound, hexadecimal
    sha256 = models.CharField(max_length=64)
    #: of the sealed file, which is named by it
    sealed_sha256 = models.CharField(max_length=64)
    #: bytes of sound
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=32)
    attached_at = models.DateTimeField()
    attached_by = models.CharField(max_length=150)
    #: last day on which the market's law wants it kept; null where the law names no period
    keep_until = models.DateField(null=True)
    evidence_index = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["call", "sha256"], name="call_recording_once")]


class CallRecordingKey(models.Model):
    """The key that one recording is sealed under. Without it nobody hears the file or any backup of it again."""

    recording = models.OneToOneField(CallRecording, on_delete=models.PROTECT, primary_key=True)
    #: hexadecimal
    key = models.CharField(max_length=64)
