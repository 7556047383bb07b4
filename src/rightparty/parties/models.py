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
        # who somebody was counted as, version by version
        indexes = [models.Index(fields=["party_id", "load_id"], name="party_versions")]


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
            # promises of which the file names no party: few, and looked for by account at every release
            models.Index(
                fields=["account_id"],
                condition=models.Q(kind="promise_to_pay", party_id=""),
                name="contact_event_nobodys_promise",
            ),
        ]


class CeaseCommunication(models.Model):
    """A person's demand that communication cease, over all debts. Source: 12 CFR 1006.6(c)."""

    person_id = models.CharField(max_length=64, db_index=True)
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True)
    #: portal, reply, agent, file
    origin = models.CharField(max_length=16)


class PersonChange(models.Model):
    """One act that changed who counts as whom. Versions of parties it wrote carry its negative number as their load."""

    class Kind(models.TextChoices):
        """What was done."""

        RELINK = "relink"
        LOAD = "load"
        DECIDE = "decide"
        MERGE = "merge"
        SPLIT = "split"
        UNDO = "undo"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    #: a person's name, or the model and its version
    by = models.CharField(max_length=150)
    reason = models.CharField(max_length=300, default="", blank=True)
    changed_at = models.DateTimeField()
    #: the load in whose course it was; 0 otherwise
    load_id = models.BigIntegerField(default=0)
    #: parties whose person changed
    moved = models.BigIntegerField(default=0)
    #: the change that this one undoes
    undoes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="undone_by")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(by=""), name="person_change_has_an_author"),
            models.CheckConstraint(
                condition=~models.Q(kind__in=["decide", "merge", "split", "undo"]) | ~models.Q(reason=""),
                name="person_change_has_a_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="undo", undoes__isnull=False) | models.Q(~models.Q(kind="undo"), undoes=None),
                name="person_change_undoes",
            ),
        ]


class PersonLink(models.Model):
    """What stands between two parties: same person, not the same, or one household. Ended, never changed or deleted."""

    class Verdict(models.TextChoices):
        """A household is also `not_same`."""

        SAME = "same"
        NOT_SAME = "not_same"
        HOUSEHOLD = "household"

    left_id = models.CharField(max_length=64, db_index=True)
    right_id = models.CharField(max_length=64, db_index=True)
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    #: person or model; what an identity document joins is in the parties' rows and needs no link
    origin = models.CharField(max_length=8)
    p_same = models.FloatField(null=True)
    p_household = models.FloatField(null=True)
    p_other = models.FloatField(null=True)
    weight_bits = models.FloatField(null=True)
    #: the model's reasons, as a JSON list
    reasons = models.TextField(default="[]")
    change = models.ForeignKey(PersonChange, on_delete=models.PROTECT, related_name="made")
    ended_by = models.ForeignKey(PersonChange, on_delete=models.PROTECT, null=True, related_name="ended")

    class Meta:
        permissions = [("decide_link", "May decide who is the same person, and sees both records in full")]
        constraints = [
            models.UniqueConstraint(
                fields=["left_id", "right_id"], condition=models.Q(ended_by__isnull=True), name="person_link_current"
            ),
            # the smaller id stands left; not checked here, for databases differ in what is smaller
            models.CheckConstraint(condition=~models.Q(left_id=models.F("right_id")), name="person_link_of_two"),
            models.CheckConstraint(
                condition=models.Q(verdict__in=["same", "not_same", "household"], origin="person")
                | models.Q(verdict__in=["same", "household"], origin="model", p_same__isnull=False),
                name="person_link_verdict",
            ),
        ]


class LinkReview(models.Model):
    """A question for a person: one human or two? About a pair of ids, or about one id that may hold two humans."""

    class State(models.TextChoices):
        """`upheld`: somebody decided that one id holds two humans; what it bears on is held until he lifts that."""

        OPEN = "open"
        DECIDED = "decided"
        UPHELD = "upheld"
        WITHDRAWN = "withdrawn"

    class Kind(models.TextChoices):
        """A doubtful pair, ids of one person that contradict each other, or one id with signs of two humans."""

        PAIR = "pair"
        PERSON = "person"
        ONE_ID = "one_id"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    left_id = models.CharField(max_length=64, db_index=True)
    right_id = models.CharField(max_length=64, db_index=True)
    #: the one contact point it bears on; empty: every point of both, of a pair those that both have
    channel = models.CharField(max_length=8, default="", blank=True)
    value = models.CharField(max_length=500, default="", blank=True)
    p_same = models.FloatField(null=True)
    p_household = models.FloatField(null=True)
    p_other = models.FloatField(null=True)
    weight_bits = models.FloatField(null=True)
    reasons = models.TextField(default="[]")
    contradictions = models.TextField(default="[]")
    #: the model and its version, or `records` and `events`
    found_by = models.CharField(max_length=150)
    opened_at = models.DateTimeField()
    #: the latest sign in events
    seen_at = models.DateTimeField(null=True)
    #: the load in whose course it was opened; 0 otherwise
    load_id = models.BigIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=150, default="", blank=True)
    decision = models.CharField(max_length=300, default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["left_id", "right_id", "channel", "value"],
                condition=models.Q(state__in=["open", "upheld"]),
                name="link_review_once",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="one_id", left_id=models.F("right_id"))
                | models.Q(~models.Q(kind="one_id"), ~models.Q(left_id=models.F("right_id"))),
                name="link_review_of_two",
            ),
        ]
        indexes = [models.Index(fields=["state", "-p_same"], name="link_review_queue")]
