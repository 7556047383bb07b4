# SPDX-License-Identifier: Apache-2.0
"""Loads: each lender's delivery as a batch with an identity, and the rows it could not take."""

from django.db import models


class Load(models.Model):
    """One delivery of files, or the revert of one. Its id stands in every row it brought or retired."""

    class State(models.TextChoices):
        """`loaded` may become `reverted`; `quarantined` becomes `admitted` or `refused`; the others are final."""

        LOADED = "loaded"
        REVERTED = "reverted"
        REVERT = "revert"
        QUARANTINED = "quarantined"
        ADMITTED = "admitted"
        REFUSED = "refused"

    #: SHA-256 over the names and contents of the files: the identity under which a repeat has no effect
    content_digest = models.CharField(max_length=64, db_index=True)
    label = models.CharField(max_length=200, default="")
    state = models.CharField(max_length=16, choices=State.choices)
    loaded_at = models.DateTimeField()
    #: the load that this revert undid
    reverts_id = models.BigIntegerField(null=True)
    #: who decided on a quarantined load, when and why; and the load it became if admitted
    decided_by = models.CharField(max_length=150, default="")
    decided_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=300, default="")
    became_id = models.BigIntegerField(null=True)
    #: per table: read, accepted, rejected, added, changed, unchanged; and contact values that moved
    summary = models.JSONField(default=dict)

    class Meta:
        permissions = [("decide_load", "May admit or refuse a quarantined load")]
        constraints = [
            models.UniqueConstraint(
                fields=["content_digest"],
                condition=models.Q(state="loaded"),
                name="load_once",
            ),
            models.UniqueConstraint(
                fields=["content_digest"],
                condition=models.Q(state="quarantined"),
                name="quarantined_once",
            ),
        ]


class RejectedRow(models.Model):
    """A row that could not be taken: where, why, and what to do. The row itself is kept for the repair."""

    load = models.ForeignKey(Load, on_delete=models.PROTECT)
    file = models.CharField(max_length=200)
    line = models.BigIntegerField()
    column = models.CharField(max_length=64, default="")
    reason = models.CharField(max_length=200)
    remedy = models.CharField(max_length=300)
    #: the row as JSON, cut at a limit
    row = models.TextField()


class Audit(models.Model):
    """What an audit of the whole portfolio found, as of an instant: `parties.audit.findings` as JSON."""

    as_of = models.DateTimeField()
    report = models.JSONField(default=dict)


class Answered(models.Model):
    """An answer to a request that carried a name of its own: its repeat gets the same and has no second effect."""

    #: interface: `Idempotency-Key`; webhook: `webhook-id`
    scope = models.CharField(max_length=16)
    name = models.CharField(max_length=128)
    #: SHA-256 of what was asked
    digest = models.CharField(max_length=64)
    answer = models.JSONField()
    answered_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "name"], name="answered_once")]


class RejectedFact(models.Model):
    """A line of a file of facts that could not be taken, as found when the file was read last."""

    #: SHA-256 of the file
    content_digest = models.CharField(max_length=64, db_index=True)
    file = models.CharField(max_length=200)
    line = models.BigIntegerField()
    field = models.CharField(max_length=64, default="")
    reason = models.CharField(max_length=300)
    remedy = models.CharField(max_length=300)
    #: the line as it stood, cut at a limit
    row = models.TextField()
