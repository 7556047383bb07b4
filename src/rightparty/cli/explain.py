# SPDX-License-Identifier: Apache-2.0
"""`rightparty explain`: every decision on a message, an account or a person, with reasons, facts and citations."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import polars as pl
import typer

from rightparty.cli.output import At, Json, Out, answer, instant_of, refuse, table_of
from rightparty.cli.store import ensure_store
from rightparty.console.story import decided_on, local_day
from rightparty.dispatch.queries import (
    ReminderStory,
    batches_as_of,
    explain_reminder,
    find_by_code,
    list_reminders,
    texts_in_force,
)
from rightparty.kernel.reasons import reasons_in
from rightparty.planning.drafts.queries import installed_packs, installed_strategy
from rightparty.planning.queries import entries_of_account, find_portrait, judge_account
from rightparty.policy.citations import citation_of
from rightparty.policy.facts import FACTS

type Told = dict[str, object]


def explain(
    subject: Annotated[str, typer.Argument(help="A message (its code or id), an account id or a party id.")],
    at: At = None,
    as_json: Json = False,
    out: Out = None,
) -> None:
    """Say what was decided and why: reasons, citations, and the facts that were seen."""
    ensure_store()
    instant = instant_of(at)
    told = _message(subject) or _account(subject, instant) or _person(subject, instant)
    if told is None:
        raise refuse(f"{subject[:64]} is no message, account or party here", "write the id as in the lender's file")
    tables = [table_of(title.replace("_", " "), _frame(rows)) for title, rows in told.items()]
    answer(told, as_json=as_json, out=out, tables=tables)


def _message(subject: str) -> Told | None:
    try:
        story = explain_reminder(UUID(subject))
    except ValueError:
        found = find_by_code(subject)
        story = explain_reminder(found.id) if found else None
    return _told_message(story) if story else None


def _told_message(story: ReminderStory) -> Told:
    reminder = story.reminder
    facts = story.leaf.facts if story.leaf else {}
    seen = facts.get("facts")
    judged = {"market": "", **(seen if isinstance(seen, dict) else {}), "channel": reminder.channel}
    summary = {
        "account": reminder.account_id,
        "party": reminder.party_id,
        "step": reminder.step,
        "cycle": reminder.cycle,
        "channel": reminder.channel,
        "state": reminder.state,
        "outcome": reminder.outcome,
        "planned_at": reminder.planned_at,
        "released_at": reminder.released_at,
        "evidence_record": reminder.evidence_index,
        "evidence_opens": story.leaf.opens if story.leaf else None,
    }
    return {
        "message": [{"what": name, "value": value} for name, value in summary.items()],
        "reasons": _reasons(reminder.reasons_mask, judged),
        "facts_the_gate_saw": [{"fact": name, "value": value} for name, value in facts.items()],
    }


def _account(subject: str, at: datetime) -> Told | None:
    packs = installed_packs()
    judged = judge_account(
        subject,
        at=at,
        strategy=installed_strategy(),
        packs=packs,
        wordings=texts_in_force().available,
        batches=batches_as_of(at=at),
    )
    plans = entries_of_account(subject)
    sent = list_reminders(account_id=subject)
    if judged.is_empty() and not plans and not sent:
        return None
    now: list[dict[str, object]] = []
    facts: list[dict[str, object]] = []
    for row in judged.to_dicts():  # the liable parties of one account
        reasons = _reasons(row["reasons_mask"], row)
        now += [{"party": row["party_id"], **reason} for reason in reasons or [{"reason": "permitted now"}]]
        facts += [{"party": row["party_id"], "fact": name, "value": row[name]} for name in FACTS]
    return {
        "as_a_plan_would_judge_now": now or [{"reason": "nothing due, or the strategy rests"}],
        "plans": [
            {
                "plan": entry.plan_id,
                "party": entry.party_id,
                "step": entry.step,
                "permitted": entry.permitted,
                "reasons": ", ".join(reason.code for reason in reasons_in(entry.reasons_mask)),
            }
            for entry in plans
        ],
        "messages": [
            {"message": reminder.id, "state": reminder.state, "channel": reminder.channel, "step": reminder.step}
            for reminder in sent
        ],
        "facts_seen_now": facts,
    }


def _person(subject: str, at: datetime) -> Told | None:
    portrait = find_portrait(subject, at=at)
    if portrait is None:
        return None
    return {
        "person": [{"what": name, "value": value} for name, value in portrait.person.items()],
        "contact_points": [
            {
                "value": point["shown"],
                "channel": point["channel"],
                "source": point["source"],
                "p_person": point["p_person"],
                "p_nobody": point["p_nobody"],
                "p_stranger": point["p_stranger"],
                "contradictions": ", ".join(reason.code for reason in point["reasons"]),
            }
            for point in portrait.points
        ],
        "accounts": [
            {name: account[name] for name in ("account_id", "role", "product", "due", "days_past_due", "status")}
            for account in portrait.accounts
        ],
        "messages": [
            {"message": reminder.id, "state": reminder.state, "account": reminder.account_id}
            for reminder in list_reminders(party_id=subject)
        ],
    }


def _reasons(mask: int, facts: Mapping[str, Any]) -> list[dict[str, object]]:
    # a decision is told by the law as it was known when it was made
    packs, day = installed_packs(known_on=decided_on(facts)), local_day(facts)
    return [
        {
            "reason": reason.code,
            "meaning": reason.text,
            "remedy": reason.remedy,
            "source": citation_of(reason.code, market=facts["market"], channel=facts["channel"], on=day, packs=packs),
        }
        for reason in reasons_in(mask)
    ]


def _frame(rows: object) -> pl.DataFrame:
    texts = [{name: "" if value is None else str(value) for name, value in row.items()} for row in rows]  # type: ignore[attr-defined]
    return pl.DataFrame(texts, infer_schema_length=None)


def add_commands(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(explain)
