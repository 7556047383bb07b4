# SPDX-License-Identifier: Apache-2.0
"""Places and ends many holds at once, in the caller's transaction and under his locks (right_debt, right_time)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from rightparty.lending.given import SAME_WITHIN, Answer, HoldGiven, Outcome, refused
from rightparty.lending.models import Hold


@dataclass(slots=True)
class _Standing:
    """A hold and whether it has to be written."""

    row: Hold
    is_new: bool = False
    is_changed: bool = False


def change_holds(given: Sequence[HoldGiven]) -> list[Answer]:
    """Place or end holds in the order in which they are told; return what became of each.

    Meaning: an end of what does not run changes nothing. The caller holds the locks of the persons and accounts.
    """
    if not given:
        return []
    parties, accounts = {g.party_id for g in given} - {""}, {g.account_id for g in given} - {""}
    rows = Hold.objects.filter(Q(party_id__in=parties) | Q(account_id__in=accounts), retired_by_id__isnull=True)
    standing: dict[tuple[str, str, str], list[_Standing]] = {}
    for row in rows.order_by("id"):
        standing.setdefault((row.kind, row.party_id, row.account_id), []).append(_Standing(row))
    answers = [_take(each, standing.setdefault((each.kind, each.party_id, each.account_id), [])) for each in given]
    every = [hold for holds in standing.values() for hold in holds]
    Hold.objects.bulk_create([hold.row for hold in every if hold.is_new])
    Hold.objects.bulk_update([hold.row for hold in every if hold.is_changed and not hold.is_new], ["to_at"])
    return answers


def _take(given: HoldGiven, standing: list[_Standing]) -> Answer:
    if given.ended_at is not None:
        return _end(standing, at=given.ended_at)
    start = given.from_at
    if start is None:
        return refused("from_at", "missing", "Say from when on the hold runs.")
    same = [hold.row for hold in standing if timedelta(0) <= start - hold.row.from_at <= SAME_WITHIN]
    running = [row for row in same if row.to_at is None or row.to_at > start or row.from_at == start]
    if not running:
        row = Hold(
            kind=given.kind, from_at=start, to_at=given.to_at, party_id=given.party_id, account_id=given.account_id
        )
        standing.append(_Standing(row, is_new=True))
        return Answer(outcome=Outcome.NEW)
    if given.to_at is not None and given.to_at not in [row.to_at for row in running]:
        return refused("to_at", "the hold is known with another end", "End it with hold.ended.")
    return Answer(outcome=Outcome.REPEATED)


def _end(standing: list[_Standing], *, at: datetime) -> Answer:
    running = [h for h in standing if h.row.from_at <= at and (h.row.to_at is None or h.row.to_at > at)]
    for hold in running:
        hold.row.to_at, hold.is_changed = at, True
    return Answer(outcome=Outcome.CHANGED if running else Outcome.REPEATED)
