# SPDX-License-Identifier: Apache-2.0
"""What was lent, what is due when, what was paid, and what is on hold. Money in minor units. Serves right_debt."""

from django.db import models
from django.db.models.fields.json import KT
from django.db.models.functions import Now

from rightparty.store.models import CURRENT, VersionedRow


class Account(VersionedRow):
    """One debt."""

    account_id = models.CharField(max_length=64)
    product = models.CharField(max_length=16)
    opened_on = models.DateField()
    currency = models.CharField(max_length=3)
    principal_minor = models.BigIntegerField()
    creditor = models.CharField(max_length=200, default="")
    status = models.CharField(max_length=16, default="open")
    market = models.CharField(max_length=2, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account_id"], condition=CURRENT, name="account_current"),
        ]


class AccountParty(VersionedRow):
    """What a party is to an account."""

    account_id = models.CharField(max_length=64)
    party_id = models.CharField(max_length=64, db_index=True)
    role = models.CharField(max_length=24)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account_id", "party_id", "role"], condition=CURRENT, name="account_party_current"
            ),
        ]


class Instalment(VersionedRow):
    """An amount that falls due on a day in the market's calendar."""

    account_id = models.CharField(max_length=64)
    due_on = models.DateField()
    amount_minor = models.BigIntegerField()
    principal_minor = models.BigIntegerField(default=0)
    interest_minor = models.BigIntegerField(default=0)
    fee_minor = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account_id", "due_on"], condition=CURRENT, name="instalment_current"),
            models.CheckConstraint(condition=models.Q(amount_minor__gte=0), name="instalment_not_negative"),
        ]


class Payment(VersionedRow):
    """Money received or on its way."""

    payment_id = models.CharField(max_length=64)
    account_id = models.CharField(max_length=64, db_index=True)
    paid_at = models.DateTimeField()
    amount_minor = models.BigIntegerField()
    status = models.CharField(max_length=8, default="posted")
    channel = models.CharField(max_length=32, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["payment_id"], condition=CURRENT, name="payment_current"),
            models.CheckConstraint(condition=models.Q(amount_minor__gte=0), name="payment_not_negative"),
        ]


class Hold(VersionedRow):
    """A reason not to remind a person or an account for a while: the fact; the case about it lives in casework."""

    kind = models.CharField(max_length=16)
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True)
    #: empty if the hold is on an account
    party_id = models.CharField(max_length=64, default="", db_index=True)
    #: empty if the hold is on a person
    account_id = models.CharField(max_length=64, default="", db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "from_at", "party_id", "account_id"], condition=CURRENT, name="hold_current"
            ),
            models.CheckConstraint(condition=~models.Q(party_id="", account_id=""), name="hold_names_party_or_account"),
        ]


class FurnishingHold(models.Model):
    """Stops the furnishing of an account to the credit bureau, or marks it disputed, while a doubt is open."""

    account_id = models.CharField(max_length=64, db_index=True)
    #: wrong_party, dispute, correction
    kind = models.CharField(max_length=16)
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True)


class InboundFact(models.Model):
    """A fact that somebody else's process wrote here with plain SQL: a CDC sink or the lender's own. The inbox.

    The table is made by hand in the migration: the database itself fills in `received_at`, refuses what is no JSON and
    a second row of one position, and locks what the fact is about before it lets the insert commit.
    """

    #: who writes: one stream of changes
    source = models.CharField(max_length=64)
    #: log sequence number or any other number that only grows within the source
    position = models.BigIntegerField()
    #: as in docs/reference/api.md, for example payment.posted
    type = models.CharField(max_length=32)
    payload = models.JSONField()
    received_at = models.DateTimeField(db_default=Now())
    #: when it took effect; null: not yet
    applied_at = models.DateTimeField(null=True)
    #: why it could not take effect when it was last looked at; empty: not looked at, or applied
    fault = models.CharField(max_length=300, db_default="")
    fault_field = models.CharField(max_length=64, db_default="")
    looked_at = models.DateTimeField(null=True)
    #: what the payload names; the value without the spaces and signs that people write into telephone numbers
    account_id = models.GeneratedField(
        expression=KT("payload__account_id"), output_field=models.TextField(null=True), db_persist=True
    )
    party_id = models.GeneratedField(
        expression=KT("payload__party_id"), output_field=models.TextField(null=True), db_persist=True
    )
    value = models.GeneratedField(
        expression=KT("payload__value"), output_field=models.TextField(null=True), db_persist=True
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "position"], name="inbound_fact_once")]
