# SPDX-License-Identifier: Apache-2.0
"""From candidates and what is known of them to the facts that rules see; the same for planning and gate."""

from collections import defaultdict
from typing import Final

import polars as pl

from rightparty.kernel.reasons import BY_CODE
from rightparty.kernel.vocabulary import POINT_CHANNEL_OF, BatchState, Disclosure, Purpose, Relation
from rightparty.planning.batches import batch_of_points
from rightparty.planning.language import languages_read
from rightparty.planning.world import World
from rightparty.policy.calendar import with_calendar
from rightparty.policy.disclosure import supported_disclosure
from rightparty.policy.facts import FACTS
from rightparty.policy.history import count_contacts
from rightparty.policy.house import Thresholds
from rightparty.policy.local_time import with_local_time

CARRIED: Final = (
    "person_id", "language", "template_version", "disclosure", "oldest_due_on", "batch_id", "source",
    "p_nobody",
)  # fmt: skip
"""What a release needs beside the facts: how to render, whom to count, what to expect of it."""

_ROLE: Final = ["account_id", "party_id"]
_REPORTED: Final = BY_CODE["right_party.reported_wrong_party"].mask
_POINT_OF: Final = {channel.value: point.value for channel, point in POINT_CHANNEL_OF.items()}


def assemble_facts(
    candidates: pl.DataFrame, world: World, *, wordings: pl.DataFrame, thresholds: Thresholds
) -> pl.DataFrame:
    """Add every fact, and the columns CARRIED, to candidate reminders.

    Shape: candidates [account_id, party_id, channel, address, template, …] -> the same rows in the same order with the
    columns of FACTS. What is not known stays null, which withholds.
    """
    frame = candidates.with_row_index("candidate")
    frame = _with_ledger(frame, world)
    frame = _with_role(frame, world)
    frame = _with_person(frame, world)
    frame = _with_point(frame, world)
    frame = _with_batch(frame, world)
    frame = _with_holds(frame, world)
    frame = _with_words(frame, wordings, thresholds)
    frame = with_calendar(with_local_time(frame, at=world.at))
    frame = _with_wishes(frame, world)
    frame = count_contacts(frame, world.history, at=world.at)
    ordered = frame.with_columns(
        at=pl.lit(world.at).cast(pl.Datetime("us", "UTC")), purpose=pl.lit(Purpose.REMINDER.value)
    ).sort("candidate")
    kept = [name for name in candidates.columns if name not in FACTS and name not in CARRIED]
    return ordered.select(*kept, *CARRIED, *(pl.col(name).cast(kind) for name, kind in FACTS.items()))


def _with_ledger(frame: pl.DataFrame, world: World) -> pl.DataFrame:
    ledger = world.balances.select(
        "account_id", "amount_due_minor", "in_flight_minor", "days_past_due", "oldest_due_on", "ledger_consistent",
        "account_open", "currency", account_market="market",
        days_since_payment=_days_since("last_paid_at", world),
    )  # fmt: skip
    return _replace(frame, ledger, on=["account_id"])


def _with_role(frame: pl.DataFrame, world: World) -> pl.DataFrame:
    """Give each candidate what the party is to the account now; liable roles first if there are several."""
    if world.roles.select(_ROLE).is_unique().all():
        joined = _replace(frame, world.roles.select(*_ROLE, "role"), on=_ROLE)
        return joined.with_columns(pl.col("role").fill_null(""), roles_contradict=pl.lit(value=False))
    rank = {"debtor": 0, "co_debtor": 1, "guarantor": 2}
    liable = pl.col("rank") < len(rank)
    roles = (
        world.roles.with_columns(rank=pl.col("role").replace_strict(rank, default=9, return_dtype=pl.Int8))
        .sort("rank", "role")
        .group_by(_ROLE)
        .agg(pl.col("role").first(), roles_contradict=liable.any() & ~liable.all())
    )
    joined = _replace(frame, roles, on=_ROLE)
    return joined.with_columns(pl.col("role").fill_null(""), pl.col("roles_contradict").fill_null(value=False))


def _with_person(frame: pl.DataFrame, world: World) -> pl.DataFrame:
    people = world.people.select(
        "party_id", "person_id", "country", "zone_set", "born_on", "deceased", "represented", "bankrupt",
        "cease_communication", "language",
    )  # fmt: skip
    joined = _replace(frame, people, on=["party_id"])
    return joined.with_columns(
        market=pl.coalesce(pl.col("country").replace("", None), pl.col("account_market").replace("", None))
    )


def _with_point(frame: pl.DataFrame, world: World) -> pl.DataFrame:
    points = world.attribution.select(
        "party_id", "relation", "contradictions_mask", "source", "p_nobody", "p_stranger", p_person="p_alone",
        point_channel="channel", address="value",
    )  # fmt: skip
    opt_outs = world.opt_outs.select("address", "channel", "opted_out", "consent_revoked", "consent_given")
    frame = frame.with_columns(
        point_channel=pl.col("channel").replace_strict(_POINT_OF, default=None, return_dtype=pl.String)
    )
    joined = _replace(frame, points, on=["party_id", "point_channel", "address"])
    joined = _replace(joined, opt_outs, on=["address", "channel"])
    doubts = world.doubts.select("party_id", "address", point_channel="channel", person_in_doubt=pl.lit(value=True))
    joined = _replace(joined, doubts, on=["party_id", "point_channel", "address"])
    return joined.with_columns(
        pl.col("opted_out", "consent_revoked", "consent_given", "person_in_doubt").fill_null(value=False),
        workplace=pl.col("relation") == Relation.EMPLOYER.value,
        has_contact_point=pl.col("p_person").is_not_null(),
        case_open=(pl.col("contradictions_mask").fill_null(0) & _REPORTED) > 0,
    )


def _with_batch(frame: pl.DataFrame, world: World) -> pl.DataFrame:
    """Join the load that brought the point; a point of which no load is known stays null, which withholds."""
    if world.point_loads is None:
        return frame.with_columns(
            batch_id=pl.lit(None, dtype=pl.Int64), batch_state=pl.lit(BatchState.TRUSTED.value), batch_room=pl.lit(0)
        )
    fed = batch_of_points(world.point_loads, world.batches).rename({"channel": "point_channel", "value": "address"})
    joined = _replace(frame, fed, on=["party_id", "point_channel", "address"])
    without = ~pl.col("has_contact_point")
    return joined.with_columns(
        batch_state=pl.when(without).then(pl.lit(BatchState.NONE.value)).otherwise("batch_state"),
        batch_room=pl.when(without).then(0).otherwise("batch_room"),
    )


def _with_holds(frame: pl.DataFrame, world: World) -> pl.DataFrame:
    """Join holds on the account, and holds on any id of the person."""
    holds = world.holds
    if holds.is_empty():
        return _with_complaints(frame.with_columns(holds_mask=pl.lit(0, pl.Int32)), world)
    of_account = holds.filter(pl.col("account_id") != "").select("account_id", account_holds="holds_mask")
    of_person = (
        holds.filter(pl.col("party_id") != "")
        .join(world.people.select("party_id", "person_id"), on="party_id")
        .group_by("person_id")
        .agg(person_holds=pl.col("holds_mask").bitwise_or())
    )
    joined = frame.join(
        of_account.group_by("account_id").agg(pl.col("account_holds").bitwise_or()), on="account_id", how="left"
    )
    joined = joined.join(of_person, on="person_id", how="left")
    mask = pl.col("account_holds").fill_null(0) | pl.col("person_holds").fill_null(0)
    return _with_complaints(joined.with_columns(holds_mask=mask).drop("account_holds", "person_holds"), world)


def _with_complaints(frame: pl.DataFrame, world: World) -> pl.DataFrame:
    """Add the days since a complaint of the person or about the account was ended."""
    if world.complaints.is_empty():
        return frame.with_columns(days_since_complaint=pl.lit(None, pl.Int64))
    days = world.complaints.with_columns(days=_days_since("ended_at", world))
    of_account = days.filter(pl.col("account_id") != "").select("account_id", of_account="days")
    of_person = (
        days.filter(pl.col("party_id") != "")
        .join(world.people.select("party_id", "person_id"), on="party_id")
        .group_by("person_id")
        .agg(of_person=pl.col("days").min())
    )
    joined = frame.join(of_account, on="account_id", how="left").join(of_person, on="person_id", how="left")
    return joined.with_columns(days_since_complaint=pl.min_horizontal("of_account", "of_person")).drop(
        "of_account", "of_person"
    )


def _with_wishes(frame: pl.DataFrame, world: World) -> pl.DataFrame:
    """Add what the person asked for and promised, and the age, on the earliest of the plausible local dates."""
    today, born = pl.col("local_date_min"), pl.col("born_on")
    same_month = today.dt.month() == born.dt.month()
    had_birthday = (today.dt.month() > born.dt.month()) | (same_month & (today.dt.day() >= born.dt.day()))
    age = today.dt.year() - born.dt.year() - (~had_birthday).cast(pl.Int32)
    promised_on = pl.lit(None, pl.Date)
    joined = _looked_up(frame, world.wishes, on=["person_id"])
    if not world.promises.is_empty():
        nobodys = pl.col("person_id") == ""
        general = world.promises.filter(pl.col("account_id") == "").select("person_id", of_person="promised_on")
        of_account = world.promises.filter(nobodys).select("account_id", of_account="promised_on")
        joined = (
            joined.join(world.promises, on=["person_id", "account_id"], how="left")
            .join(general, on="person_id", how="left")
            .join(of_account, on="account_id", how="left")
        )
        promised_on = pl.max_horizontal("promised_on", "of_person", "of_account")
    return joined.with_columns(
        age_years=pl.when(age >= 0).then(age),
        days_to_promise=(promised_on - today).dt.total_days(),
        call_requested=(
            (pl.col("call_back_on") == today) & (pl.col("call_back_on") == pl.col("local_date_max"))
        ).fill_null(value=False),
    )


def _days_since(column: str, world: World) -> pl.Expr:
    return (pl.lit(world.at).cast(pl.Datetime("us", "UTC")) - pl.col(column)).dt.total_days()


def _with_words(frame: pl.DataFrame, wordings: pl.DataFrame, thresholds: Thresholds) -> pl.DataFrame:
    """Choose the approved text that says most within what the attribution supports."""
    supported = supported_disclosure(
        pl.col("p_person"), pl.col("p_stranger"), pl.col("contradictions_mask"), thresholds
    )
    frame = frame.with_columns(supported=supported)
    chosen = _chosen(frame.select(_WANTED).unique(), wordings)
    stale = [name for name in chosen.columns if name in frame.columns and name not in _WANTED]
    return (
        frame.drop(stale).join(chosen, on=_WANTED, how="left", nulls_equal=True).with_columns(language="read_language")
    )


_WANTED: Final = ["template", "channel", "language", "supported"]


def _chosen(wanted: pl.DataFrame, wordings: pl.DataFrame) -> pl.DataFrame:
    """Return the text for each of the few combinations of what is wanted: _WANTED and what is chosen."""
    read = dict(languages_read(wanted["language"], wordings["language"].unique().to_list()).iter_rows())
    least = (1, Disclosure.LIMITED_CONTENT.value, "")
    texts: dict[tuple[str | None, ...], list[tuple[int, str, str]]] = defaultdict(list)
    for template, channel, language, *text in wordings.select(
        "template", "channel", "language", "disclosure_level", "disclosure", "version"
    ).iter_rows():
        texts[template, channel, language].append(tuple(text))
    rows = []
    for template, channel, language, supported in wanted.select(_WANTED).iter_rows():
        known = texts.get((template, channel, read.get(language)), [])
        best = max((text for text in known if text[0] <= supported), default=least)
        rows.append((template, channel, language, supported, read.get(language) or "", bool(known), *best))
    found = {
        "read_language": pl.String(), "template_available": pl.Boolean(), "disclosure_level": pl.Int8(),
        "disclosure": pl.String(), "template_version": pl.String(),
    }  # fmt: skip
    return pl.DataFrame(rows, schema=dict(wanted.schema) | found, orient="row")


def _replace(frame: pl.DataFrame, more: pl.DataFrame, *, on: list[str]) -> pl.DataFrame:
    """Left-join, the joined columns replacing columns of the same name."""
    stale = [name for name in more.columns if name in frame.columns and name not in on]
    return _looked_up(frame.drop(stale) if stale else frame, more, on=on)


def _looked_up(frame: pl.DataFrame, more: pl.DataFrame, *, on: list[str]) -> pl.DataFrame:
    """Left-join at most one row to each; where there is none at all, as mostly at the gate, nothing is compared."""
    if more.is_empty():
        return frame.with_columns(
            pl.lit(None, kind).alias(name) for name, kind in more.schema.items() if name not in on
        )
    return frame.join(more, on=on, how="left", validate="m:1")
