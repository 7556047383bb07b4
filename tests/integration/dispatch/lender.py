# SPDX-License-Identifier: Apache-2.0
"""A lawful world: persons in Shanghai with a verified phone and one overdue account; tests say what differs."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import polars as pl

from rightparty.dispatch.channels.adapter import Fate, Handover, OutboundMessage, ReceiptReport
from rightparty.dispatch.channels.one_by_one import OneByOne
from rightparty.dispatch.models import Reminder
from rightparty.dispatch.operations.claim import claim
from rightparty.dispatch.operations.enqueue_proposals import Enqueued, enqueue_proposals
from rightparty.lending.models import Account, AccountParty, Instalment
from rightparty.parties.models import ContactEvent, ContactPoint, Party

LEASE = 60


def phone_of(number: int) -> str:
    return f"+86154{number:08d}"  # a mobile prefix given to nobody, in the zone of the fixtures


def add_person(number: int, at: datetime, *, person: str | None = None, accounts: int = 1) -> list[str]:
    """Add a debtor with his own verified phone; return the account ids."""
    party = f"P{number}"
    long_ago, lately = at - timedelta(days=400), at - timedelta(days=20)
    Party.objects.create(
        party_id=party, person_id=person or f"H{number}", full_name="Planted Debtor", language="zh-CN", country="CN",
        time_zone="Asia/Shanghai",
    )  # fmt: skip
    ContactPoint.objects.create(
        party_id=party, channel="phone", value=phone_of(number), source="branch", collected_at=long_ago, relation="self"
    )
    for day in (20, 12):
        ContactEvent.objects.create(
            event_id=f"otp-{party}-{day}", channel="phone", value=phone_of(number), party_id=party, kind="otp_verified",
            occurred_at=at - timedelta(days=day),
        )  # fmt: skip
    names = [f"A{number}-{n}" for n in range(accounts)]
    for name in names:
        Account.objects.create(
            account_id=name, product="cash_loan", opened_on=date(2026, 1, 5), currency="CNY", principal_minor=1_200_00,
            market="CN",
        )  # fmt: skip
        AccountParty.objects.create(account_id=name, party_id=party, role="debtor")
        Instalment.objects.create(
            account_id=name, due_on=lately.date(), amount_minor=1_200_00, principal_minor=1_200_00
        )
    return names


def proposals(rows: Sequence[tuple[str, int]], *, cycle: str = "c1") -> pl.DataFrame:
    """Proposals of (account, person number) to the person's phone."""
    return pl.DataFrame(
        {
            "account_id": [account for account, _ in rows],
            "party_id": [f"P{n}" for _, n in rows],
            "person_id": [f"H{n}" for _, n in rows],
            "channel": ["sms"] * len(rows),
            "address": [phone_of(n) for _, n in rows],
            "step": ["due"] * len(rows),
            "cycle": [cycle] * len(rows),
            "template": ["due"] * len(rows),
            "tone": ["plain"] * len(rows),
            "language": ["zh-CN"] * len(rows),
        }
    )


def enqueue(rows: Sequence[tuple[str, int]], at: datetime, *, cycle: str = "c1") -> Enqueued:
    return enqueue_proposals(proposals(rows, cycle=cycle), plan_id=1, at=at)


def claimed(at: datetime, *, worker: str = "w1", batch: int = 100) -> list[UUID]:
    return claim(worker=worker, at=at, batch=batch, lease_seconds=LEASE, channels=["sms", "email"])


def only() -> Reminder:
    return Reminder.objects.get()


class CountingChannel(OneByOne):
    """A carrier that counts what is written to it and answers as told."""

    def __init__(self, fate: Fate = Fate.ACCEPTED) -> None:
        self.fate = fate
        self.written: list[OutboundMessage] = []
        self.receipts: list[ReceiptReport] = []

    def send(self, message: OutboundMessage) -> Handover:
        self.written.append(message)
        ids = (f"c-{len(self.written)}-{message.reminder_id}",) if self.fate is Fate.ACCEPTED else ()
        return Handover(fate=self.fate, provider_ids=ids, code="" if ids else "test.code")

    def take_receipts(self) -> list[ReceiptReport]:
        taken, self.receipts = self.receipts, []
        return taken
