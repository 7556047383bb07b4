# SPDX-License-Identifier: Apache-2.0
"""Messages that were sent, planted without a gate, for tests of what comes afterwards."""

from datetime import datetime, timedelta

from django.db import transaction

from rightparty.dispatch.models import Reminder
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves
from rightparty.kernel.identifiers import new_reference_code
from rightparty.lending.models import AccountParty
from rightparty.parties.models import Party

STRANGERS_PHONE = "+12025550142"


def add_debtor(party: str, *accounts: str, person: str = "H1", name: str = "Planted Debtor") -> None:
    Party.objects.create(party_id=party, person_id=person, full_name=name, country="CN")
    for account in accounts:
        AccountParty.objects.create(account_id=account, party_id=party, role="debtor")


def planned(at: datetime, *, address: str = STRANGERS_PHONE, channel: str = "sms", account: str = "A9") -> Reminder:
    return Reminder.objects.create(
        plan_id=1, planned_at=at, account_id=account, party_id="P1", person_id="H1", channel=channel, address=address,
        step="next", cycle=f"{account}-{channel}", template="due", language="en", state_changed_at=at,
    )  # fmt: skip


def sent(
    at: datetime, *, party: str = "P1", account: str = "A1", address: str = STRANGERS_PHONE, channel: str = "sms",
    code: str | None = None, amount_minor: int = 120_000, person: str = "H1", cycle: str = "c1",
    state: str = "delivered",
) -> Reminder:  # fmt: skip
    """Plant a delivered message with its record in the log."""
    earlier = at - timedelta(hours=2)
    with transaction.atomic():
        (index,) = append_leaves([LeafRecord(kind="reminder.released", recorded_at=earlier, private={"body": "x"})])
    return Reminder.objects.create(
        plan_id=1, planned_at=earlier, account_id=account, party_id=party, person_id=person, channel=channel,
        address=address, step="due", cycle=cycle, template="due", language="en", state=state,
        state_changed_at=earlier, code=code or new_reference_code(), amount_minor=amount_minor, currency="CNY",
        evidence_index=index, released_at=earlier, text_digest="ab" * 32, disclosure="limited_content",
    )  # fmt: skip
