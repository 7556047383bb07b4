# SPDX-License-Identifier: Apache-2.0
"""Persons, where they can be reached, and what happened there. Serves right_party and correctable."""

from django.db import models

from rightparty.store.models import CURRENT, VersionedRow


class Party(VersionedRow):
    """A person as the lender's file names him; `person_id` joins the ids of one human."""

    party_id = models.CharField(max_length=64)
    person_id = models.CharField(max_length=64, db_index=True)
    full_name = models.CharField(max_length=200)
    latin_name = models.CharField(max_length=200, default="")
    national_id = models.CharField(max_length=64, default="")
    national_id_type = models.CharField(max_length=32, default="")
    date_of_birth = models.DateField(null=True)
    language = models.CharField(max_length=35, default="")
    country = models.CharField(max_length=2)
    time_zone = models.CharField(max_length=64, default="")
    region = models.CharField(max_length=100, default="")
    postcode = models.CharField(max_length=20, default="")
    address = models.CharField(max_length=500, default="")
    employer = models.CharField(max_length=200, default="")
    deceased_on = models.DateField(null=True)
    represented_by = models.CharField(max_length=200, default="")
    bankrupt_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["party_id"], condition=CURRENT, name="party_current"),
        ]


class ContactPoint(VersionedRow):
    """A value recorded under a party. A point is not a person: attribution says whom it reaches."""

    party_id = models.CharField(max_length=64)
    channel = models.CharField(max_length=8)
    #: normalised: E.164, lower-cased mail, trimmed post
    value = models.CharField(max_length=500)
    value_as_given = models.CharField(max_length=500, default="")
    source = models.CharField(max_length=16)
    collected_at = models.DateTimeField()
    relation = models.CharField(max_length=16, default="self")
    valid_to = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["party_id", "channel", "value", "source"],
                condition=CURRENT,
                name="contact_point_current",
            ),
        ]
        indexes = [models.Index(fields=["value", "channel"], name="contact_point_value")]


class ContactEvent(VersionedRow):
    """Something that happened at a contact point: the evidence of ownership, and the ledger of contacts."""

    event_id = models.CharField(max_length=64)
    channel = models.CharField(max_length=8)
    value = models.CharField(max_length=500)
    party_id = models.CharField(max_length=64, default="")
    kind = models.CharField(max_length=16)
    occurred_at = models.DateTimeField()
    account_id = models.CharField(max_length=64, default="")
    detail = models.CharField(max_length=500, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event_id"], condition=CURRENT, name="contact_event_current"),
        ]
        indexes = [
            models.Index(fields=["value", "channel"], name="contact_event_value"),
            models.Index(fields=["party_id", "occurred_at"], name="contact_event_party"),
        ]


class CeaseCommunication(models.Model):
    """A person's demand that communication cease, over all debts. Source: 12 CFR 1006.6(c)."""

    person_id = models.CharField(max_length=64, db_index=True)
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True)
    #: portal, reply, agent, file
    origin = models.CharField(max_length=16)
