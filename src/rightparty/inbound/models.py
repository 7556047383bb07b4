# SPDX-License-Identifier: Apache-2.0
"""What came back: delivery receipts, bounces and replies, kept as received."""

from django.db import models


class Receipt(models.Model):
    """A carrier's word on a message. Receipts may repeat, come late, out of order, or for no known message."""

    channel = models.CharField(max_length=8)
    provider_id = models.CharField(max_length=100, db_index=True)
    #: delivered, undelivered, expired, rejected, unknown
    outcome = models.CharField(max_length=16)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    reminder_id = models.UUIDField(null=True, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "provider_id", "outcome"], name="receipt_once"),
        ]
        indexes = [
            models.Index(
                fields=["received_at"], condition=models.Q(reminder_id__isnull=True), name="receipt_unmatched"
            ),
        ]


class Reply(models.Model):
    """A message from a recipient and what it was taken to mean."""

    channel = models.CharField(max_length=8)
    #: the sender's address, normalised
    value = models.CharField(max_length=500, db_index=True)
    body = models.TextField()
    received_at = models.DateTimeField()
    #: stop, wrong_party, paid, dispute, help, none
    intent = models.CharField(max_length=16)
    reminder_id = models.UUIDField(null=True, db_index=True)
    #: digest of channel, sender, body and provider id: a repeated delivery has no second effect
    digest = models.CharField(max_length=64, unique=True)
