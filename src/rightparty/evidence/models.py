# SPDX-License-Identifier: Apache-2.0
"""The hash-linked record of every decision. Serves provable. Leaves hold no personal data, only commitments."""

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class PositionField(models.BigIntegerField):  # type: ignore[type-arg]  # takes none at run time
    """A number that is its table's key; on SQLite the row's own, so that no index stands beside the table."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        """Return the column's type; SQLite knows a row's own number, of 64 bits there too, by this word alone."""
        return "integer" if connection.vendor == "sqlite" else super().db_type(connection)


class Leaf(models.Model):
    """One record. `chain_hash` covers the payload and every record before it."""

    #: position in the chain from 0, without gaps
    index = PositionField(primary_key=True)
    kind = models.CharField(max_length=40)
    recorded_at = models.DateTimeField()
    #: canonical JSON, exactly the bytes that are hashed
    payload = models.TextField()
    leaf_hash = models.CharField(max_length=64)
    #: no index: the position is unique, and hashes in no order would cost a page of it for each record
    chain_hash = models.CharField(max_length=64)


class Opening(models.Model):
    """The random key and clear values behind a leaf's commitments; deleting it erases the person from the log."""

    leaf = models.OneToOneField(Leaf, on_delete=models.PROTECT, primary_key=True)
    key = models.CharField(max_length=64)
    #: JSON object: commitment name -> clear value
    clear = models.TextField()
