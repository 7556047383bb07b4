# SPDX-License-Identifier: Apache-2.0
"""The hash-linked record of every decision. Serves provable. Leaves hold no personal data, only commitments."""

from django.db import models


class Leaf(models.Model):
    """One record. `chain_hash` covers the payload and every record before it."""

    #: position in the chain from 0, without gaps
    index = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=40)
    recorded_at = models.DateTimeField()
    #: canonical JSON, exactly the bytes that are hashed
    payload = models.TextField()
    leaf_hash = models.CharField(max_length=64)
    chain_hash = models.CharField(max_length=64, unique=True)


class Opening(models.Model):
    """The random key and clear values behind a leaf's commitments; deleting it erases the person from the log."""

    leaf = models.OneToOneField(Leaf, on_delete=models.PROTECT, primary_key=True)
    key = models.CharField(max_length=64)
    #: JSON object: commitment name -> clear value
    clear = models.TextField()
