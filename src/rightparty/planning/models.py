# SPDX-License-Identifier: Apache-2.0
"""The day's proposal: who is to be reminded of what, who is not, and why."""

from django.db import models
from django.db.models.functions import Lower
from django.db.models.lookups import Exact


class Plan(models.Model):
    """One run of planning over the portfolio, as of an instant."""

    as_of = models.DateTimeField()
    made_at = models.DateTimeField()
    strategy = models.CharField(max_length=100)
    strategy_digest = models.CharField(max_length=64)
    accounts_seen = models.BigIntegerField()
    #: counts: considered, proposed, withheld by promise, no_step
    summary = models.JSONField(default=dict)
    evidence_index = models.BigIntegerField(null=True)


class PlanEntry(models.Model):
    """What the plan says of one account and one liable party: a proposed reminder, or the reasons why none."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT)
    account_id = models.CharField(max_length=64, db_index=True)
    party_id = models.CharField(max_length=64, db_index=True)
    step = models.CharField(max_length=64, default="")
    channel = models.CharField(max_length=8, default="")
    #: masked address, for pages
    address_shown = models.CharField(max_length=200, default="")
    days_past_due = models.IntegerField(default=0)
    amount_due_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, default="")
    p_person = models.FloatField(null=True)
    permitted = models.BooleanField()
    reasons_mask = models.BigIntegerField(default=0)


class PolicyDraft(models.Model):
    """House rules or a strategy that one person proposed and another approved; the database refuses other changes."""

    #: house, strategy (planning.drafts.kinds)
    kind = models.CharField(max_length=16)
    #: name of the file it came from, for messages
    label = models.CharField(max_length=100)
    text = models.TextField()
    #: SHA-256 of the text
    digest = models.CharField(max_length=64)
    proposed_by = models.CharField(max_length=150)
    proposed_at = models.DateTimeField()
    reason = models.CharField(max_length=300)
    proposed_index = models.BigIntegerField()
    approved_by = models.CharField(max_length=150, default="")
    approved_at = models.DateTimeField(null=True, db_index=True)
    approved_index = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="policy_draft_kind_known", condition=models.Q(kind__in=["house", "strategy"])),
            models.CheckConstraint(
                name="policy_draft_takes_two",
                condition=~models.Q(proposed_by="") & ~models.Q(Exact(Lower("proposed_by"), Lower("approved_by"))),
            ),
            models.CheckConstraint(
                name="policy_draft_approval_is_whole",
                condition=models.Q(approved_by="", approved_at__isnull=True, approved_index__isnull=True)
                | (~models.Q(approved_by="") & models.Q(approved_at__isnull=False, approved_index__isnull=False)),
            ),
        ]
