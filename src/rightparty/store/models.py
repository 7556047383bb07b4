# SPDX-License-Identifier: Apache-2.0
"""The shape of a row that came with a load: never changed, never deleted, only retired by a later load.

Every other room may build its tables on these bases; no other room's models may be imported across rooms.
"""

from django.db import models


class VersionedRow(models.Model):
    """One version of a contract row. Current versions have no `retired_by_id`."""

    #: the load that brought this version; 0 for facts recorded live, not by a load; below 0 for a version that only
    #: sets a derived column anew: it belongs to the load whose version it replaced, and a revert sees through it
    load_id = models.BigIntegerField(default=0, db_index=True)
    #: the load (or revert) that ended it; null while current. Without an index: only a revert looks for it, and
    #: each index makes every load slower
    retired_by_id = models.BigIntegerField(null=True)
    #: columns of the file that the contract does not know, as a JSON object; empty string if none
    extra = models.TextField(default="", blank=True)

    class Meta:
        abstract = True


CURRENT = models.Q(retired_by_id__isnull=True)
"""Condition of the current version of a row."""
