# SPDX-License-Identifier: Apache-2.0
"""Opens questions to persons whether a contact point in doubt is theirs: in the app, or by letter. Serves right_party.

Crash meaning: questions, their record and, for letters, the list that the printer gets commit together; a list that was
written by a transaction that then failed holds codes that nothing knows.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import polars as pl
from django.conf import settings
from django.db import transaction

from rightparty.dispatch.code_texts import code_texts, letter_text
from rightparty.dispatch.models import Lookup, Verification
from rightparty.dispatch.operations.look_up_points import REMEMBERED
from rightparty.dispatch.verification_state import ASKING, STANDS, VerificationState
from rightparty.evidence.chain import LeafRecord
from rightparty.evidence.operations.append_leaves import append_leaves
from rightparty.kernel.clock import require_aware
from rightparty.kernel.identifiers import new_reference_code, show_code
from rightparty.parties.queries import find_party
from rightparty.planning.language import language_read
from rightparty.planning.reverification.choose import CHOSEN, Steps, allowed_in, choose_steps
from rightparty.planning.reverification.queries import points_to_verify

_KEYS: Final = ["party_id", "channel", "value"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What the printer needs of one letter."""

    code: str
    party_id: str
    name: str = field(repr=False)
    address: str = field(repr=False)
    language: str
    text: str = field(repr=False)


def choose_verifications(*, at: datetime, steps: Steps, allowed: frozenset[str], budget: float) -> pl.DataFrame:
    """Return what is worth asking persons now: planning's CHOSEN with post_address; opens nothing.

    Args:
        at: instant of the choice.
        steps: prices, answers, and what a decision is worth.
        allowed: names of steps, `MARKET:step` for one market alone; a person's market here is his country.
        budget: minor units; the most gain for the price first.
    """
    points = points_to_verify(at=require_aware(at)).filter("owes")
    asked = asked_persons(at)
    open_now = Verification.objects.filter(state__in=ASKING, expires_at__gt=at).values_list(*_KEYS)
    busy = pl.DataFrame(list(open_now), schema=dict.fromkeys(_KEYS, pl.String), orient="row")
    free = points.join(busy, on=_KEYS, how="anti")
    parts = [
        choose_steps(
            part, at=at, steps=steps, allowed=allowed_in(str(country), allowed) & STANDS.keys(), asked=asked,
            budget=float("inf"),
        )
        for (country,), part in free.group_by("country", maintain_order=True)
    ]  # fmt: skip
    ranked = pl.concat([pl.DataFrame(schema=CHOSEN), *parts]).sort(
        pl.col("gain") / pl.col("price").clip(1e-9), "party_id", "value", descending=[True, False, False]
    )
    # a person is asked about one point at a time, the one whose answer is worth most for its price
    one = ranked.unique("party_id", keep="first", maintain_order=True).filter(pl.col("price").cum_sum() <= budget)
    return one.join(points.select(*_KEYS, "post_address"), on=_KEYS, how="left", maintain_order="left")


def open_verifications(
    chosen: pl.DataFrame,
    *,
    at: datetime,
    hand_letters: Callable[[list[Letter]], object] = lambda _letters: None,
    new_code: Callable[[], str] = new_reference_code,
) -> dict[str, int]:
    """Open what `choose_verifications` chose and return how many of each step.

    `hand_letters` gets the letters before the transaction commits; if it raises, nothing was opened.
    """
    instant = require_aware(at)
    opened: list[Verification] = []
    letters: list[Letter] = []
    with transaction.atomic():
        expired = expire_verifications(at=instant)
        for row in chosen.to_dicts():
            is_letter = row["step"] == "letter"
            made = Verification(
                id=uuid.uuid4(), party_id=row["party_id"], channel=row["channel"], value=row["value"],
                step=row["step"], asked_at=instant, state_changed_at=instant,
                expires_at=instant + STANDS[row["step"]], letter_code=new_code() if is_letter else None,
            )  # fmt: skip
            opened.append(made)
            if is_letter:
                letters.append(_letter(made, str(row["post_address"])))
        Verification.objects.bulk_create(opened)
        counts = {step: sum(each.step == step for each in opened) for step in STANDS}
        if opened or expired:
            facts = {"expired": expired, **{f"opened.{step}": count for step, count in counts.items()}}
            append_leaves([LeafRecord(kind="verifications.opened", recorded_at=instant, facts=facts)])
        if letters:
            hand_letters(letters)
    return counts


def expire_verifications(*, at: datetime) -> int:
    """End the questions that nobody answered in time, and return how many."""
    late = Verification.objects.filter(state=VerificationState.OPEN, expires_at__lte=at)
    return late.update(state=VerificationState.EXPIRED, state_changed_at=at)


def _letter(made: Verification, address: str) -> Letter:
    party = find_party(made.party_id)
    tag = party.language if party else ""
    language = language_read(tag, code_texts()) or "en"
    code = show_code(str(made.letter_code))
    text = letter_text(language, sender=str(settings.RIGHTPARTY["SENDER_NAME"]), code=code)
    return Letter(
        code=code, party_id=made.party_id, name=party.full_name if party else "", address=address, language=language,
        text=text,
    )  # fmt: skip


def asked_persons(at: datetime) -> pl.DataFrame:
    """Return [party_id, channel, value, step, asked_at] of every look-up and question that is remembered."""
    columns = (*_KEYS, "step", "asked_at")
    lookups = Lookup.objects.filter(asked_at__gt=at - REMEMBERED).values_list(*columns)
    questions = Verification.objects.filter(asked_at__gt=at - REMEMBERED).values_list(*columns)
    text = dict.fromkeys(columns[:-1], pl.String())
    return pl.DataFrame([*lookups, *questions], schema={**text, "asked_at": pl.Datetime("us", "UTC")}, orient="row")
