# SPDX-License-Identifier: Apache-2.0
"""Reads of persons, contact points and what happened there, as of an instant, inside the current transaction."""

from collections.abc import Mapping, Sequence
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
from rightparty.parties.attribution.rivals import SAME_PERSON
from rightparty.parties.audit import audit
from rightparty.parties.models import Party
from rightparty.parties.zones import with_zone_set
from rightparty.store.queries import among, read_frame

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
    "full_name": pl.String,
    "national_id": pl.String,
    "national_id_type": pl.String,
    "date_of_birth": pl.Date,
    "language": pl.String,
    "country": pl.String,
    "time_zone": pl.String,
    "region": pl.String,
    "deceased_on": pl.Date,
    "represented_by": pl.String,
    "bankrupt_on": pl.Date,
}
_MADE: Final = (EventKind.SENT.value, EventKind.CALLED.value, EventKind.ANSWERED.value)


def attribution_as_of(*, at: datetime, party_ids: Sequence[str] | None, links: pl.DataFrame) -> pl.DataFrame:
    """Return `attribution.ATTRIBUTION` of some parties (None: all) as of the instant.

    `links` [party_id, group_id] says who has to do with whom; ids of one person are linked here.
    """
    judged = attribute(*_on_file(party_ids, links), at=at, parameters=installed_parameters())
    return judged if party_ids is None else judged.filter(pl.col("party_id").is_in(list(party_ids)))


def evidence_as_of(*, at: datetime, party_ids: Sequence[str] | None, links: pl.DataFrame) -> Gathered:
    """Return what `attribution_as_of` rests on, for a fit or a waterfall."""
    return gather_evidence(*_on_file(party_ids, links), at=at, parameters=installed_parameters())


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


def _on_file(party_ids: Sequence[str] | None, links: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Read the points, events and links that attribution needs."""
    points = _points_and_rivals(party_ids)
    events = _current("parties_contactevent", _EVENTS, "value", _values_of(points, party_ids))
    met = None if party_ids is None else points["party_id"].unique().to_list()
    return points, events, _with_same_persons(links, party_ids=met)


def people_as_of(*, at: datetime, party_ids: Sequence[str] | None) -> pl.DataFrame:
    """Return what is known of some parties (None: all) that rules need.

    Shape: [party_id, person_id, country, language, zone_set, deceased, represented, bankrupt, cease_communication].
    What is recorded under one id of a person counts for each of his ids; so do his phones for his zones.
    """
    instant = require_aware(at)
    same = ids_of_same_persons(party_ids=party_ids)
    scope = None if party_ids is None else same["party_id"].to_list()
    ceased = read_frame(
        "SELECT person_id, from_at, to_at FROM parties_ceasecommunication",
        schema={"person_id": pl.String, "from_at": _INSTANT, "to_at": _INSTANT},
    ).filter((pl.col("from_at") <= instant) & (pl.col("to_at").is_null() | (pl.col("to_at") > instant)))
    phones = _current("parties_contactpoint", _POINTS, "party_id", scope).filter(
        (pl.col("channel") == "phone") & (pl.col("relation") == "self")
    )
    people = with_zone_set(_current("parties_party", _PEOPLE, "party_id", scope), phones).with_columns(
        pl.coalesce(pl.when(pl.col("person_id") != "").then("person_id"), "party_id").alias("person_id"),
        # a date in the future is a typing error at best: it counts, nobody is reminded on the strength of it
        deceased=pl.col("deceased_on").is_not_null(),
        represented=pl.col("represented_by").fill_null("") != "",
        bankrupt=pl.col("bankrupt_on").is_not_null(),
    )
    shared = people.with_columns(
        *(pl.col(name).any().over("person_id") for name in ("deceased", "represented", "bankrupt")),
        cease_communication=pl.col("person_id").is_in(ceased["person_id"].to_list()),
    ).select(
        "party_id", "person_id", "country", "language", "zone_set",
        "deceased", "represented", "bankrupt", "cease_communication",
    )  # fmt: skip
    return shared if party_ids is None else shared.filter(pl.col("party_id").is_in(list(party_ids)))


def opt_outs_as_of(*, at: datetime, party_ids: Sequence[str] | None) -> pl.DataFrame:
    """Return [value, channel (of messages), opted_out, consent_revoked] of values where somebody said no.

    An event whose detail names a message channel is about that channel, else about every channel of the point. A
    consent given later takes both back.
    """
    wishes = {"opted_out", "consent_given", "consent_revoked"}
    points = None if party_ids is None else _current("parties_contactpoint", _POINTS, "party_id", party_ids)
    values = None if points is None else points["value"].unique().to_list()
    events = _current("parties_contactevent", _EVENTS, "value", values).filter(
        pl.col("kind").is_in(list(wishes)) & (pl.col("occurred_at") <= require_aware(at))
    )
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
        )
        .sort("value", "channel")
    )


def contact_history(*, at: datetime, party_ids: Sequence[str] | None, days: int = 8) -> pl.DataFrame:
    """Return the contacts of the last days with some parties' persons (None: all), later than `at` included.

    Shape: [person_id, party_id, account_id, channel (of messages), kind (sent, called, answered), occurred_at].
    """
    same = ids_of_same_persons(party_ids=party_ids)
    scope = None if party_ids is None else same["party_id"].to_list()
    messages = [str(message) for message in POINT_CHANNEL_OF]
    of_call = pl.col("kind").is_in([EventKind.CALLED.value, EventKind.ANSWERED.value])
    by_point = pl.when(pl.col("channel") == "phone").then(pl.lit("sms")).otherwise("channel")
    named = pl.when(pl.col("detail").is_in(messages)).then("detail")
    return (
        _current("parties_contactevent", _EVENTS, "party_id", scope)
        .filter(pl.col("kind").is_in(list(_MADE)) & (pl.col("occurred_at") >= require_aware(at) - timedelta(days=days)))
        .join(same, on="party_id")
        .with_columns(channel=pl.coalesce(pl.when(of_call).then(pl.lit("call")), named, by_point))
        .select("person_id", "party_id", "account_id", "channel", "kind", "occurred_at")
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


def find_party(party_id: str) -> Party | None:
    """Return the current row of a party."""
    return Party.objects.filter(party_id=party_id, retired_by_id__isnull=True).first()


def points_of_party(party_id: str) -> pl.DataFrame:
    """Return the current contact points of a party, as recorded."""
    return _current("parties_contactpoint", _POINTS, "party_id", [party_id]).sort("channel", "value")


def audit_frames() -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return the current points, events and parties of the whole portfolio."""
    people: Schema = dict.fromkeys(("party_id", "country", "full_name", "national_id"), pl.String)
    dates: Schema = dict.fromkeys(("date_of_birth", "deceased_on"), pl.Date)
    return (
        _current("parties_contactpoint", {**_POINTS, "load_id": pl.Int64}, "value", None),
        _current("parties_contactevent", _EVENTS, "value", None),
        _current("parties_party", {**people, **dates}, "party_id", None),
    )


def run_audit(*, at: datetime, links: pl.DataFrame) -> pl.DataFrame:
    """Return the findings of `audit` on the portfolio as it stands."""
    points, events, parties = audit_frames()
    return audit(points, events, parties, _with_same_persons(links, party_ids=None), at=at)


def _with_same_persons(links: pl.DataFrame, *, party_ids: Sequence[str] | None) -> pl.DataFrame:
    """Add to account links a group for each human who stands under several ids."""
    same = ids_of_same_persons(party_ids=party_ids)
    persons = same.select("party_id", group_id=pl.lit(SAME_PERSON) + pl.col("person_id"))
    return pl.concat([links.select("party_id", "group_id"), persons])


_LONG_AGO: Final = pl.lit(datetime.fromisoformat("1970-01-01T00:00:00+00:00"), dtype=_INSTANT)


def _points_and_rivals(party_ids: Sequence[str] | None) -> pl.DataFrame:
    """Read some parties' points and everybody else's of the same values; None: all."""
    own = _current("parties_contactpoint", _POINTS, "party_id", party_ids)
    if party_ids is None:
        return own
    return _current("parties_contactpoint", _POINTS, "value", own["value"].unique().to_list())


def _values_of(points: pl.DataFrame, party_ids: Sequence[str] | None) -> list[str] | None:
    return None if party_ids is None else points["value"].unique().to_list()


def _current(table: str, schema: Schema, column: str, keys: Sequence[str] | None) -> pl.DataFrame:
    """Read the current rows of a table whose column is one of some keys; None: all."""
    condition, params = ("1 = 1", []) if keys is None else among(column, keys)
    return read_frame(
        f"SELECT {', '.join(schema)} FROM {table} WHERE retired_by_id IS NULL AND {condition}", params, schema=schema
    )
