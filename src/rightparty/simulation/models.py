# SPDX-License-Identifier: Apache-2.0
"""What simulated handsets and mailboxes hold: only what a real one would, an address and a text."""

from django.db import models


class SimulatedMessage(models.Model):
    """A message lying on a simulated handset or in a simulated mailbox."""

    channel = models.CharField(max_length=8)
    address = models.CharField(max_length=500, db_index=True)
    sender = models.CharField(max_length=200, default="")
    subject = models.CharField(max_length=200, default="")
    body = models.TextField()
    received_at = models.DateTimeField()
    provider_id = models.CharField(max_length=64, unique=True)
