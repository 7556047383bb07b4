# SPDX-License-Identifier: Apache-2.0
"""What the simulation has found and the product does not mend yet: each with its remedy, put in place for other runs.

The finding itself is a strict xfail in `test_open_findings.py`: whoever mends the product sees it pass there, and takes
both away.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

from django.db.models import Max, Q

from rightparty.dispatch import fence
from rightparty.dispatch.channels import registry
from rightparty.dispatch.operations import release as gate
from rightparty.inbound.models import Receipt
from rightparty.inbound.operations.receive_receipt import receive_receipts
from rightparty.lending.models import Hold, Payment
from rightparty.parties.models import ContactEvent, ContactPoint


def _may_send(self: fence.Fence) -> bool:
    """Looks at the halt first and at the lease last: a worker may sleep while it looks at the store."""
    now = self.ticks()
    if now - self._looked >= fence.HALT_SECONDS:
        self.halted, self._looked = self.is_halted(), now
    return not self.halted and self.ticks() < self._ends and self.clock() < self.until


def _lease_by_ticks(ends_at: Callable[[], float]) -> Any:
    """A lease never outlasts the seconds it was given for, counted from the claim by the clock that nobody sets."""
    original = fence.Fence.__post_init__

    def post_init(self: fence.Fence) -> None:
        original(self)
        self._ends = min(self._ends, ends_at())

    return post_init


def _pump_and_match(at: Any) -> int:
    """Receipts that came before the answer to their message are looked at again, though no other receipt comes."""
    count = _PUMP(at)
    if Receipt.objects.filter(reminder_id__isnull=True).exists():
        receive_receipts([], at)
    return count


def _as_of_the_newest_fact(*, at: datetime, account_ids: Any, party_ids: Any, **more: Any) -> Any:
    """A fact that is committed counts, though its instant is later than the gate's: at worst too little is sent.

    The gate's instant is taken before it waits for locks, and its clock may be behind that of whoever reports a fact.
    """
    points = ContactPoint.objects.filter(party_id__in=party_ids).values_list("value", flat=True)
    newest = [
        Payment.objects.filter(account_id__in=account_ids).aggregate(n=Max("paid_at"))["n"],
        ContactEvent.objects.filter(value__in=list(points)).aggregate(n=Max("occurred_at"))["n"],
        Hold.objects.filter(
            Q(account_id__in=account_ids) | Q(party_id__in=party_ids), from_at__lte=at + timedelta(days=3)
        ).aggregate(n=Max("from_at"))["n"],
    ]
    return _READ_WORLD(
        at=max([at, *(instant for instant in newest if instant)]), account_ids=account_ids, party_ids=party_ids, **more
    )


_READ_WORLD = gate.read_world
_PUMP = registry.pump
_MAY_SEND, _POST_INIT = fence.Fence.may_send, fence.Fence.__post_init__

FINDINGS = ("lease looked at before the halt", "lease by the wall clock", "receipt before the answer",
            "facts later than the gate's instant")  # fmt: skip


@contextmanager
def mended(ends_at: Callable[[], float], *, but: str = "") -> Iterator[None]:
    """Mend every finding within the block, but one."""
    remedies = {
        "lease looked at before the halt": lambda: mock.patch.object(fence.Fence, "may_send", _may_send),
        "lease by the wall clock": lambda: mock.patch.object(fence.Fence, "__post_init__", _lease_by_ticks(ends_at)),
        "receipt before the answer": lambda: mock.patch.object(registry, "pump", _pump_and_match),
        "facts later than the gate's instant": lambda: mock.patch.object(gate, "read_world", _as_of_the_newest_fact),
    }
    touched = {  # what a planted bug has replaced stays so
        "lease looked at before the halt": fence.Fence.may_send is not _MAY_SEND,
        "lease by the wall clock": fence.Fence.__post_init__ is not _POST_INIT,
        "receipt before the answer": registry.pump is not _PUMP,
        "facts later than the gate's instant": gate.read_world is not _READ_WORLD,
    }
    patches = [remedy() for name, remedy in remedies.items() if name != but and not touched[name]]
    for patch in patches:
        patch.start()
    try:
        yield
    finally:
        for patch in reversed(patches):
            patch.stop()
