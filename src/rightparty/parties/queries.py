# SPDX-License-Identifier: Apache-2.0
"""Reads of persons, contact points and what happened there, as of an instant, inside the current transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

import polars as pl
from django.conf import settings

from rightparty.kernel.clock import require_aware
from rightparty.kernel.vocabulary import POINT_CHANNEL_OF, EventKind
from rightparty.parties.attribution.evidence import Gathered
from rightparty.parties.attribution.judge import attribute, gather_evidence
from rightparty.parties.attribution.parameters import (
    AttributionParameters,
    ParametersError,
    read_parameters,
    shipped_parameters,
)
from rightparty.parties.attribution.reports import REPORTS
from rightparty.parties.attribution.rivals import SAME_PERSON
from rightparty.parties.audit.examine import AuditReport, report_on
from rightparty.parties.audit.frames import Audited, audited, sex_in_extra
from rightparty.parties.linked.queries import household_groups
from rightparty.parties.models import ContactEvent, Party
from rightparty.parties.wishes import PROMISES, WISHES, is_about_time, read_promises, read_wishes
from rightparty.parties.zones import with_zone_set
from rightparty.store.queries import among, brought_back, read_frame

type Schema = Mapping[str, pl.DataType | type[pl.DataType]]

_INSTANT: Final = pl.Datetime("us", "UTC")
_POINTS: Final[Schema] = {
    "party_id": pl.String,
    "channel": pl.String,
    "value": pl.String,
    "source": pl.String,
    "collected_at": _INSTANT,
    "relation": pl.String,
    "valid_to": _INSTANT,
    "load_id": pl.Int64,
}
_POINT: Final[Schema] = dict.fromkeys(("party_id", "channel", "value"), pl.String)
_EVENTS: Final[Schema] = {
    "channel": pl.String,
    "value": pl.String,
    "party_id": pl.String,
    "kind": pl.String,
    "occurred_at": _INSTANT,
    "account_id": pl.String,
    "detail": pl.String,
}
_PEOPLE: Final[Schema] = {
    "party_id": pl.String,
    "person_id": pl.String,
    "date_of_birth": pl.Date,
    "language": pl.String,
    "country": pl.String,
    "time_zone": pl.String,
    "region": pl.String,
    "deceased_on": pl.Date,
    "represented_by": pl.String,
    "bankrupt_on": pl.Date,
}
_AUDITED_PEOPLE: Final[Schema] = {
    **dict.fromkeys(("party_id", "country", "full_name", "latin_name", "national_id", "national_id_type"), pl.String),
    **dict.fromkeys(("date_of_birth", "deceased_on"), pl.Date),
    "load_id": pl.Int64,
}
_OPT_OUTS: Final[Schema] = {
    "value": pl.String, "channel": pl.String, "opted_out": pl.Boolean, "consent_revoked": pl.Boolean,
    "consent_given": pl.Boolean,
}  # fmt: skip
_HISTORY: Final[Schema] = {
    **dict.fromkeys(("person_id", "party_id", "account_id", "channel", "kind"), pl.String), "occurred_at": _INSTANT,
}  # fmt: skip
_TOLD: Final = ("consent_given", "consent_revoked", "opted_out", "promise_to_pay")
_AGAINST: Final = (
    EventKind.WRONG_PARTY.value, EventKind.OPTED_OUT.value, EventKind.CONSENT_REVOKED.value,
    EventKind.REASSIGNED.value, EventKind.UNDELIVERED.value, EventKind.PROMISE_TO_PAY.value,
    EventKind.HOLDER_CHANGED.value, EventKind.STATUS_DEAD.value, EventKind.SUBSCRIBER_DIFFERS.value,
    EventKind.NAME_DIFFERS.value,
)  # fmt: skip
"""Kinds of events that stand against reminding."""

_MADE: Final = (EventKind.SENT.value, EventKind.CALLED.value, EventKind.ANSWERED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnFile:
    """What is on file about some parties, read once for all the questions of one decision."""

    #: every id of the persons behind the parties [party_id, person_id]
    same: pl.DataFrame
    #: every version of the points at the values of these ids' current points, whoever has them: [_POINTS, is_current,
    #: is_there (at a value of a current point of the parties themselves)]
    points: pl.DataFrame
    #: current events there, and those of any id of the persons [_EVENTS, load_id, is_there]
    events: pl.DataFrame


def read_on_file(
    party_ids: Sequence[str],
    *,
    same: pl.DataFrame | None = None,
    at: datetime | None = None,
    ahead: timedelta = timedelta(0),
) -> OnFile:
    """Read what is on file about some parties; `same`: what `ids_of_same_persons` says of them, if that is known.

    `ahead`: an event that stands against reminding and is dated so much later than `at` counts as of `at`.
    """
    same = ids_of_same_persons(party_ids=party_ids) if same is None else same
    given = pl.Series(party_ids, dtype=pl.String)
    ids = pl.concat([given, same["party_id"]]).unique()
    of_ids, params = among("party_id", ids.to_list())
    points = read_frame(
        f"SELECT {', '.join(_POINTS)}, retired_by_id IS NULL FROM parties_contactpoint WHERE value IN"
        f" (SELECT value FROM parties_contactpoint WHERE retired_by_id IS NULL AND {of_ids})",
        params,
        schema={**_POINTS, "is_current": pl.Boolean},
    )
    asked = points.filter("is_current", pl.col("party_id").is_in(given.implode()))["value"].unique()
    there, more = among("value", asked.to_list())
    shape: Schema = {**_EVENTS, "load_id": pl.Int64}
    events = read_frame(
        f"SELECT {', '.join(shape)} FROM parties_contactevent WHERE retired_by_id IS NULL AND ({there} OR {of_ids})",
        [*more, *params],
        schema=shape,
    )
    if at is not None and ahead:
        against = pl.col("kind").is_in(list(_AGAINST))
        moved = brought_back("occurred_at", at=at, ahead=ahead)
        events = events.with_columns(occurred_at=pl.when(against).then(moved).otherwise("occurred_at"))
    is_there = pl.col("value").is_in(asked.implode())
    return OnFile(
        same=same, points=points.with_columns(is_there=is_there), events=events.with_columns(is_there=is_there)
    )


def attribution_as_of(
    *, at: datetime, party_ids: Sequence[str] | None, links: pl.DataFrame, on_file: OnFile | None = None
) -> pl.DataFrame:
    """Return `attribution.ATTRIBUTION` of some parties (None: all) as of the instant.

    `links` [party_id, group_id] says who has to do with whom; ids of one person are linked here.
    """
    evidence = _evidence(party_ids, links) if on_file is None else _evidence_in(on_file, links)
    judged = attribute(*evidence, at=at, parameters=installed_parameters())
    return (
        judged
        if party_ids is None
        else judged.filter(pl.col("party_id").is_in(pl.Series(party_ids, dtype=pl.String).implode()))
    )


def evidence_as_of(*, at: datetime, party_ids: Sequence[str] | None, links: pl.DataFrame) -> Gathered:
    """Return what `attribution_as_of` rests on, for a fit or a waterfall."""
    return gather_evidence(*_evidence(party_ids, links), at=at, parameters=installed_parameters())


def installed_parameters() -> AttributionParameters:
    """Return this installation's attribution parameters: the shipped ones, or the file it names over them.

    Raises:
        ParametersError: the file cannot be read or is not whole; says which file and what to do. Whoever decides on
            messages lets it through: what cannot be judged is not sent.
    """
    own = str(settings.RIGHTPARTY["ATTRIBUTION_FILE"])
    return _own_parameters(own) if own else shipped_parameters()


@cache
def _own_parameters(path: str) -> AttributionParameters:
    try:
        return read_parameters(Path(path).read_text("utf-8"), base=shipped_parameters())
    except OSError as fault:
        raise ParametersError(f"RIGHTPARTY_ATTRIBUTION: {path} cannot be read: {fault.strerror}.") from fault
    except ValueError as fault:
        raise ParametersError(f"RIGHTPARTY_ATTRIBUTION: {path}: {fault}") from fault


def _evidence(party_ids: Sequence[str] | None, links: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Read the points, events and links that attribution needs."""
    points = _points_and_rivals(party_ids)
    events = _current("parties_contactevent", _EVENTS, "value", _values_of(points, party_ids))
    met = None if party_ids is None else points["party_id"].unique().to_list()
    return points, events, _with_same_persons(links, party_ids=met)


def _evidence_in(on_file: OnFile, links: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return the same of what is on file."""
    points = on_file.points.filter("is_current", "is_there").select(*_POINTS)
    events = on_file.events.filter("is_there").select(*_EVENTS)
    met = points["party_id"].unique()
    if met.is_in(on_file.same["party_id"].implode()).all():
        persons = on_file.same.filter(pl.col("party_id").is_in(met.implode()))["person_id"].unique()
        same = on_file.same.filter(pl.col("person_id").is_in(persons.implode()))
    else:
        same = ids_of_same_persons(party_ids=met.to_list())
    return points, events, _linked(links, same)


def people_as_of(
    *,
    at: datetime,
    party_ids: Sequence[str] | None,
    on_file: OnFile | None = None,
    ahead: timedelta = timedelta(0),
) -> pl.DataFrame:
    """Return what is known of some parties (None: all) that rules need.

    Shape: [party_id, person_id, country, language, zone_set, born_on, deceased, represented, bankrupt,
    cease_communication]. `born_on` is null if no birth date is known or a person's ids contradict each other.
    What is recorded under one id of a person counts for each of his ids; so do his phones for his zones.
    `ahead`: a cease of communication that begins so much later counts already.
    """
    instant = require_aware(at)
    same = _same(party_ids, on_file)
    scope = None if party_ids is None else same["party_id"].to_list()
    ceased = read_frame(
        "SELECT person_id, from_at, to_at FROM parties_ceasecommunication",
        schema={"person_id": pl.String, "from_at": _INSTANT, "to_at": _INSTANT},
    ).filter((pl.col("from_at") <= instant + ahead) & (pl.col("to_at").is_null() | (pl.col("to_at") > instant)))
    phones = _points_of(scope, on_file).filter((pl.col("channel") == "phone") & (pl.col("relation") == "self"))
    people = with_zone_set(_current("parties_party", _PEOPLE, "party_id", scope), phones).with_columns(
        pl.coalesce(pl.when(pl.col("person_id") != "").then("person_id"), "party_id").alias("person_id"),
        # a date in the future is a typing error at best: it counts, nobody is reminded on the strength of it
        deceased=pl.col("deceased_on").is_not_null(),
        represented=pl.col("represented_by").fill_null("") != "",
        bankrupt=pl.col("bankrupt_on").is_not_null(),
    )
    ceasing = pl.col("person_id").is_in(ceased["person_id"].implode())
    if people["person_id"].is_unique().all():
        shared = people.with_columns(cease_communication=ceasing, born_on="date_of_birth")
    else:
        shared = people.with_columns(
            *(pl.col(name).any().over("person_id") for name in ("deceased", "represented", "bankrupt")),
            cease_communication=ceasing,
            born_on=pl.when(pl.col("date_of_birth").drop_nulls().n_unique().over("person_id") == 1).then(
                pl.col("date_of_birth").max().over("person_id")
            ),
        )
    shared = shared.select(
        "party_id", "person_id", "country", "language", "zone_set", "born_on",
        "deceased", "represented", "bankrupt", "cease_communication",
    )  # fmt: skip
    return (
        shared
        if party_ids is None
        else shared.filter(pl.col("party_id").is_in(pl.Series(party_ids, dtype=pl.String).implode()))
    )


def opt_outs_as_of(*, at: datetime, party_ids: Sequence[str] | None, on_file: OnFile | None = None) -> pl.DataFrame:
    """Return [value, channel (of messages), opted_out, consent_revoked, consent_given] of values with a wish.

    `consent_given`: the last consent on record was not taken back. An event whose detail names a message channel is
    about that channel, else about every channel of the point. A consent given later takes both back.
    """
    wishes = {"opted_out", "consent_given", "consent_revoked"}
    if on_file is not None:
        found = on_file.events.filter("is_there").select(*_EVENTS)
    else:
        points = None if party_ids is None else _current("parties_contactpoint", _POINTS, "party_id", party_ids)
        values = None if points is None else points["value"].unique().to_list()
        found = _current("parties_contactevent", _EVENTS, "value", values)
    # first what is cheap to tell: few events are wishes
    told = found.filter(pl.col("kind").is_in(list(wishes)) & (pl.col("occurred_at") <= require_aware(at)))
    if told.is_empty():
        return pl.DataFrame(schema=_OPT_OUTS)
    events = told.filter(~is_about_time())
    of_point = pl.DataFrame(
        [(str(point), str(message)) for message, point in POINT_CHANNEL_OF.items()],
        schema={"channel": pl.String, "message": pl.String},
        orient="row",
    )
    kind, when, named = pl.col("kind"), pl.col("occurred_at"), pl.col("detail").is_in(of_point["message"].to_list())
    given = when.filter(kind == "consent_given").max()
    return (
        events.join(of_point, on="channel")
        .filter(~named | (pl.col("detail") == pl.col("message")))
        .group_by("value", channel="message")
        .agg(
            opted_out=(when.filter(kind == "opted_out").max() >= given.fill_null(_LONG_AGO)).fill_null(value=False),
            consent_revoked=(when.filter(kind == "consent_revoked").max() >= given.fill_null(_LONG_AGO)).fill_null(
                value=False
            ),
            consented=given.is_not_null(),
        )
        .with_columns(consent_given=pl.col("consented") & ~pl.col("opted_out") & ~pl.col("consent_revoked"))
        .drop("consented")
        .sort("value", "channel")
    )


def wishes_as_of(
    *,
    at: datetime,
    party_ids: Sequence[str] | None,
    account_ids: Sequence[str] | None = None,
    on_file: OnFile | None = None,
    ahead: timedelta = timedelta(0),
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return what some parties' persons (None: all) asked for and promised: `wishes.read_wishes`, `read_promises`.

    Promises of which only the account is known are read for `account_ids` (None: all) and have the person_id ''.
    `ahead`: one of these that is dated so much later counts as of the instant.
    """
    same = _same(party_ids, on_file)
    shape = {name: _EVENTS[name] for name in ("party_id", "kind", "occurred_at", "account_id", "detail")}
    if on_file is not None:
        told = on_file.events.filter(pl.col("kind").is_in(_TOLD)).select(*shape)
    else:
        condition, params = ("1 = 1", []) if party_ids is None else among("party_id", same["party_id"].to_list())
        kinds = ", ".join(f"'{kind}'" for kind in _TOLD)
        told = read_frame(
            f"SELECT {', '.join(shape)} FROM parties_contactevent"
            f" WHERE retired_by_id IS NULL AND kind IN ({kinds}) AND {condition}",
            params,
            schema=shape,
        )
    of_accounts = _promises_of_accounts(at=at, account_ids=account_ids, ahead=ahead)
    if told.is_empty() and of_accounts.is_empty():
        return pl.DataFrame(schema=WISHES), pl.DataFrame(schema=PROMISES)
    events = told.filter(pl.col("occurred_at") <= require_aware(at)).join(same, on="party_id")
    promised = pl.col("kind") == EventKind.PROMISE_TO_PAY.value
    promises = pl.concat([events.filter(promised), of_accounts])
    return read_wishes(events.filter(~promised)), read_promises(promises)


def _promises_of_accounts(*, at: datetime, account_ids: Sequence[str] | None, ahead: timedelta) -> pl.DataFrame:
    """Return the promises that name an account and no party, with the person_id ''."""
    condition, params = ("1 = 1", []) if account_ids is None else among("account_id", account_ids)
    found = read_frame(
        "SELECT party_id, kind, occurred_at, account_id, detail FROM parties_contactevent WHERE retired_by_id IS NULL"
        f" AND kind = 'promise_to_pay' AND party_id = '' AND account_id <> '' AND {condition}",
        params,
        schema={name: _EVENTS[name] for name in ("party_id", "kind", "occurred_at", "account_id", "detail")},
    )
    dated = found.with_columns(occurred_at=brought_back("occurred_at", at=at, ahead=ahead))
    return dated.filter(pl.col("occurred_at") <= require_aware(at)).with_columns(person_id=pl.lit(""))


def contact_history(
    *, at: datetime, party_ids: Sequence[str] | None, days: int = 8, on_file: OnFile | None = None
) -> pl.DataFrame:
    """Return the contacts of the last days with some parties' persons (None: all), later than `at` included.

    Shape: [person_id, party_id, account_id, channel (of messages), kind (sent, called, answered), occurred_at].
    """
    same = _same(party_ids, on_file)
    scope = None if party_ids is None else same["party_id"].to_list()
    events = _current("parties_contactevent", _EVENTS, "party_id", scope) if on_file is None else on_file.events
    since = require_aware(at) - timedelta(days=days)
    messages = [str(message) for message in POINT_CHANNEL_OF]
    made = events.filter(pl.col("kind").is_in(list(_MADE)) & (pl.col("occurred_at") >= since))
    if made.is_empty():
        return pl.DataFrame(schema=_HISTORY)
    of_call = pl.col("kind").is_in([EventKind.CALLED.value, EventKind.ANSWERED.value])
    by_point = pl.when(pl.col("channel") == "phone").then(pl.lit("sms")).otherwise("channel")
    named = pl.when(pl.col("detail").is_in(messages)).then("detail")
    return (
        made.join(same, on="party_id")
        .with_columns(channel=pl.coalesce(pl.when(of_call).then(pl.lit("call")), named, by_point))
        .select(*_HISTORY)
        .sort("person_id", "occurred_at")
    )


def ids_of_same_persons(*, party_ids: Sequence[str] | None) -> pl.DataFrame:
    """Return [party_id, person_id] of every id of the persons behind some parties (None: everybody)."""
    schema = {"party_id": pl.String, "person_id": pl.String}
    person = "CASE WHEN person_id = '' THEN party_id ELSE person_id END"
    if party_ids is None:
        return read_frame(f"SELECT party_id, {person} FROM parties_party WHERE retired_by_id IS NULL", schema=schema)
    condition, params = among("party_id", party_ids)
    return read_frame(
        f"SELECT party_id, {person} FROM parties_party WHERE retired_by_id IS NULL AND ({condition} OR person_id IN"
        f" (SELECT person_id FROM parties_party WHERE retired_by_id IS NULL AND person_id <> '' AND {condition}))",
        params + params,
        schema=schema,
    )


def ids_of_person(party_id: str) -> list[str]:
    """Return every id of this party's person, in order; an unknown party has only itself."""
    return [str(each) for each in ids_of_same_persons(party_ids=[party_id])["party_id"].sort()] or [party_id]


def is_recorded(event_id: str) -> bool:
    """Tell whether something that happened at a contact point is on file already."""
    return ContactEvent.objects.filter(event_id=event_id).exists()


def find_party(party_id: str) -> Party | None:
    """Return the current row of a party."""
    return Party.objects.filter(party_id=party_id, retired_by_id__isnull=True).first()


def point_loads(
    *, at: datetime, values: Sequence[str] | None, on_file: OnFile | None = None, with_signs: bool = True
) -> pl.DataFrame:
    """Return which loads brought the points of some values (None: of all), in any version, retired ones included.

    Shape: [party_id, channel, value, load_id (0: recorded live), is_current, is_confirmed]. `is_confirmed`: this very
    party logged in or confirmed a code there after collection, as not this load said; false unless `with_signs`.
    """
    loads, signs = _loads_and_signs(values) if on_file is None else _loads_and_signs_in(on_file)
    shown: list[str | pl.Expr] = [*_POINT, "load_id", pl.col("is_current") == 1]
    if not with_signs:
        return loads.select(*shown, is_confirmed=pl.lit(value=False)).sort(*_POINT, "load_id")
    confirmed = (
        loads.join(signs, on=list(_POINT))
        .filter(
            (pl.col("by") != pl.col("load_id"))
            & (pl.col("seen_at") > pl.col("collected_at"))
            & (pl.col("seen_at") <= require_aware(at))
        )
        .select(*_POINT, "load_id", is_confirmed=pl.lit(value=True))
        .unique()
    )
    joined = loads.join(confirmed, on=[*_POINT, "load_id"], how="left")
    return joined.select(*shown, pl.col("is_confirmed").fill_null(value=False)).sort(*_POINT, "load_id")


def _loads_and_signs(values: Sequence[str] | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read which loads brought some points, and who showed there that they are his."""
    condition, params = ("1 = 1", []) if values is None else among("value", values)
    loads = read_frame(
        "SELECT party_id, channel, value, load_id, MAX(CASE WHEN retired_by_id IS NULL THEN 1 ELSE 0 END),"
        f" MIN(collected_at) FROM parties_contactpoint WHERE {condition} GROUP BY party_id, channel, value, load_id",
        params,
        schema={**_POINT, "load_id": pl.Int64, "is_current": pl.Int8, "collected_at": _INSTANT},
    )
    signs = read_frame(
        "SELECT party_id, channel, value, load_id, occurred_at FROM parties_contactevent WHERE retired_by_id IS NULL"
        f" AND kind IN ('otp_verified', 'login') AND party_id <> '' AND {condition}",
        params,
        schema={**_POINT, "by": pl.Int64, "seen_at": _INSTANT},
    )
    return loads, signs


def _loads_and_signs_in(on_file: OnFile) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the same of what is on file."""
    loads = (
        on_file.points.filter("is_there")
        .group_by(*_POINT, "load_id")
        .agg(pl.col("is_current").any().cast(pl.Int8), pl.col("collected_at").min())
    )
    signs = on_file.events.filter(
        "is_there", pl.col("kind").is_in(["otp_verified", "login"]), pl.col("party_id") != ""
    ).select(*_POINT, by="load_id", seen_at="occurred_at")
    return loads, signs


def loads_at(values: Sequence[str]) -> list[int]:
    """Return every load that brought some point with one of the values, in order."""
    condition, params = among("value", values)
    sql = f"SELECT DISTINCT load_id FROM parties_contactpoint WHERE load_id > 0 AND {condition}"
    return read_frame(sql, params, schema={"load_id": pl.Int64})["load_id"].sort().to_list()


def owners_at(values: Sequence[str]) -> pl.DataFrame:
    """Return [value, party_id] of whoever has one of the values on file."""
    condition, params = among("value", values)
    sql = f"SELECT DISTINCT value, party_id FROM parties_contactpoint WHERE retired_by_id IS NULL AND {condition}"
    return read_frame(sql, params, schema={"value": pl.String, "party_id": pl.String}).sort("value", "party_id")


def count_new_points(load_id: int) -> int:
    """Return how many (party, channel, value) a load brought that no other load or live record had."""
    sql = (
        "SELECT COUNT(*) FROM (SELECT DISTINCT party_id, channel, value FROM parties_contactpoint WHERE load_id = %s) n"
        " WHERE NOT EXISTS (SELECT 1 FROM parties_contactpoint o WHERE o.value = n.value AND o.channel = n.channel"
        " AND o.party_id = n.party_id AND o.load_id <> %s)"
    )
    return int(read_frame(sql, [load_id, load_id], schema={"n": pl.Int64})["n"][0])


def reports_at(values: Sequence[str]) -> pl.DataFrame:
    """Return [channel, value, kind, occurred_at] of every "somebody else" said at some values, oldest first."""
    condition, params = among("value", values)
    kinds = ", ".join(f"'{kind}'" for kind in REPORTS)
    return read_frame(
        f"SELECT channel, value, kind, occurred_at FROM parties_contactevent WHERE retired_by_id IS NULL"
        f" AND kind IN ({kinds}) AND {condition}",
        params,
        schema={"channel": pl.String, "value": pl.String, "kind": pl.String, "occurred_at": _INSTANT},
    ).sort("occurred_at", "channel", "value")


def events_on_file(event_ids: Sequence[str]) -> pl.DataFrame:
    """Return [event_id, kind, channel, value, party_id, account_id, detail] of those events that are known."""
    names = ("event_id", "kind", "channel", "value", "party_id", "account_id", "detail")
    condition, params = among("event_id", event_ids)
    return read_frame(
        f"SELECT {', '.join(names)} FROM parties_contactevent WHERE retired_by_id IS NULL AND {condition}",
        params,
        schema=dict.fromkeys(names, pl.String),
    )


def reported_values(load_id: int) -> list[str]:
    """Return the values at which a load brought a report of somebody else."""
    kinds = ", ".join(f"'{kind}'" for kind in REPORTS)
    sql = f"SELECT DISTINCT value FROM parties_contactevent WHERE load_id = %s AND kind IN ({kinds})"
    return read_frame(sql, [load_id], schema={"value": pl.String})["value"].to_list()


def points_on_file(party_ids: pl.Series) -> pl.DataFrame:
    """Return [party_id, channel, value, source]: what is on file as these persons' own."""
    shape: Schema = dict.fromkeys(("party_id", "channel", "value", "source", "relation"), pl.String)
    rows = _current("parties_contactpoint", shape, "party_id", party_ids.to_list())
    return rows.filter(pl.col("relation").is_in(["self", ""])).drop("relation")


def parties_on_file(party_ids: pl.Series) -> pl.DataFrame:
    """Return [party_id, full_name, national_id, date_of_birth] of these persons as they stand."""
    shape: Schema = {**dict.fromkeys(("party_id", "full_name", "national_id"), pl.String), "date_of_birth": pl.Date}
    return _current("parties_party", shape, "party_id", party_ids.to_list())


def audit_frames(links: pl.DataFrame) -> Audited:
    """Return the current points, events and parties of the whole portfolio, and every version of its parties."""
    points = {**_POINTS, "value_as_given": pl.String, "load_id": pl.Int64}
    # the order of rows within a load is that of its file: `id` keeps it
    rows = read_frame(
        f"SELECT {', '.join(points)} FROM parties_contactpoint WHERE retired_by_id IS NULL ORDER BY load_id, id",
        schema=points,
    )
    versions = read_frame(
        f"SELECT {', '.join(_AUDITED_PEOPLE)}, retired_by_id, extra FROM parties_party",
        schema={**_AUDITED_PEOPLE, "retired_by_id": pl.Int64, "extra": pl.String},
    ).with_columns(sex=sex_in_extra(pl.col("extra")))
    return audited(
        rows,
        _current("parties_contactevent", {**_EVENTS, "load_id": pl.Int64}, "value", None),
        versions.filter(pl.col("retired_by_id").is_null()),
        _with_same_persons(links, party_ids=None),
        versions=versions,
    )


def run_audit(*, at: datetime, links: pl.DataFrame) -> AuditReport:
    """Return what an audit of the portfolio as it stands finds."""
    return report_on(audit_frames(links), at=require_aware(at), parameters=installed_parameters())


def _with_same_persons(links: pl.DataFrame, *, party_ids: Sequence[str] | None) -> pl.DataFrame:
    """Add to account links a group for each human who stands under several ids, and one for each household."""
    return _linked(links, ids_of_same_persons(party_ids=party_ids))


def _linked(links: pl.DataFrame, same: pl.DataFrame) -> pl.DataFrame:
    persons = same.select("party_id", group_id=pl.lit(SAME_PERSON) + pl.col("person_id"))
    return pl.concat([links.select("party_id", "group_id"), persons, household_groups(same)])


_LONG_AGO: Final = pl.lit(0).cast(_INSTANT)


def _points_and_rivals(party_ids: Sequence[str] | None) -> pl.DataFrame:
    """Read some parties' points and everybody else's of the same values; None: all."""
    own = _current("parties_contactpoint", _POINTS, "party_id", party_ids)
    if party_ids is None:
        return own
    return _current("parties_contactpoint", _POINTS, "value", own["value"].unique().to_list())


def _same(party_ids: Sequence[str] | None, on_file: OnFile | None) -> pl.DataFrame:
    return ids_of_same_persons(party_ids=party_ids) if on_file is None else on_file.same


def _points_of(party_ids: Sequence[str] | None, on_file: OnFile | None) -> pl.DataFrame:
    """Return the current points of some parties, who are all on file if `on_file` is given."""
    if on_file is None or party_ids is None:
        return _current("parties_contactpoint", _POINTS, "party_id", party_ids)
    return on_file.points.filter("is_current", _is_one_of(party_ids))


def _is_one_of(party_ids: Sequence[str]) -> pl.Expr:
    return pl.col("party_id").is_in(pl.Series(party_ids, dtype=pl.String).implode())


def _values_of(points: pl.DataFrame, party_ids: Sequence[str] | None) -> list[str] | None:
    return None if party_ids is None else points["value"].unique().to_list()


def _current(table: str, schema: Schema, column: str, keys: Sequence[str] | None) -> pl.DataFrame:
    """Read the current rows of a table whose column is one of some keys; None: all."""
    condition, params = ("1 = 1", []) if keys is None else among(column, keys)
    return read_frame(
        f"SELECT {', '.join(schema)} FROM {table} WHERE retired_by_id IS NULL AND {condition}", params, schema=schema
    )
