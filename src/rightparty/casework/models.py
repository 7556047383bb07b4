# SPDX-License-Identifier: Apache-2.0
"""Cases: what somebody reported or asked, what was done, and by when an answer is owed. Serves correctable."""

import uuid

from django.db import models


class Case(models.Model):
    """A wrong-party report, dispute, complaint or correction."""

    class Kind(models.TextChoices):
        """Four kinds, four deadlines."""

        WRONG_PARTY = "wrong_party"
        DISPUTE = "dispute"
        COMPLAINT = "complaint"
        CORRECTION = "correction"

    class State(models.TextChoices):
        """`open` until somebody decides."""

        OPEN = "open"
        UPHELD = "upheld"
        DECLINED = "declined"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    #: unguessable; with it the author follows the case without an account
    follow_token = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    state = models.CharField(max_length=16, choices=State.choices, default=State.OPEN)
    #: portal, reply, agent
    origin = models.CharField(max_length=16)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=150, default="")
    reminder_id = models.UUIDField(null=True, db_index=True)
    channel = models.CharField(max_length=8, default="")
    value = models.CharField(max_length=500, default="", db_index=True)
    #: what the author wrote, limited in length
    words = models.TextField(default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "reminder_id", "value"],
                condition=models.Q(state="open"),
                name="case_open_once",
            ),
        ]


class CaseAction(models.Model):
    """One thing done in a case; `shown_to_author` actions are what its author is told."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT)
    done_at = models.DateTimeField()
    #: code of casework.record.ACTION_TEXTS
    action = models.CharField(max_length=32)
    #: which, how many; no personal data
    detail = models.CharField(max_length=300, default="")
    done_by = models.CharField(max_length=150)
    shown_to_author = models.BooleanField(default=False)
