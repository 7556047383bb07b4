# SPDX-License-Identifier: Apache-2.0
"""The day's proposal: who is to be reminded of what, who is not, and why."""

from django.db import models


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
