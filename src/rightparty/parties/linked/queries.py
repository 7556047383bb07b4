# SPDX-License-Identifier: Apache-2.0
"""Reads of links between parties, of the questions about them and of who was counted as whom (right_party)."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

import polars as pl
from django.conf import settings

from rightparty.parties.linkage.frames import PEOPLE, POINTS
from rightparty.parties.linked.persons import IDENTITY
from rightparty.parties.linked.rules import LinkRules, read_rules
from rightparty.parties.linked.suspicions import RECORDS
from rightparty.store.queries import among, read_frame

_INSTANT: Final = pl.Datetime("us", "UTC")
_IDENTITY: Final = {
    **dict.fromkeys(("party_id", "person_id", "country", "national_id_type", "national_id"), pl.String()),
    "date_of_birth": pl.Date(),
}
_RECORD: Final = {name: pl.Date() if name == "date_of_birth" else pl.String() for name in ("party_id", *RECORDS)}
_PROBABILITIES: Final = ("p_same", "p_household", "p_other", "weight_bits")
_LINK: Final = {
    "id": pl.Int64(),
    **dict.fromkeys(("left_id", "right_id", "verdict", "origin"), pl.String()),
    **dict.fromkeys(_PROBABILITIES, pl.Float64()),
    "reasons": pl.String(),
    "change_id": pl.Int64(),
    "load_id": pl.Int64(),
    "by": pl.String(),
    "reason": pl.String(),
    "changed_at": _INSTANT,
}
REVIEWS: Final = {
    "review_id": pl.Int64(),
    **dict.fromkeys(("kind", "left_id", "right_id", "channel", "value"), pl.String()),
    **dict.fromkeys(_PROBABILITIES, pl.Float64()),
    **dict.fromkeys(("reasons", "contradictions", "found_by"), pl.String()),
    "opened_at": _INSTANT,
    "seen_at": _INSTANT,
    **dict.fromkeys(("state", "closed_by", "decision"), pl.String()),
    "closed_at": _INSTANT,
}
_FEW: Final = 10_000
"""Ids up to which links are looked up by them; above it all are read."""

DOUBTS: Final = dict.fromkeys(("party_id", "channel", "value"), pl.String())
HISTORY: Final = {
    "change_id": pl.Int64(),
    **dict.fromkeys(("kind", "by", "reason"), pl.String()),
    "changed_at": _INSTANT,
    **dict.fromkeys(("party_id", "from_person", "to_person"), pl.String()),
    "load_id": pl.Int64(),
    "undone_by": pl.Int64(),
}


def installed_link_rules() -> LinkRules:
    """Return what the model may do by itself here: the shipped rules, or the file the installation names over them.

    Raises:
        LinkRulesError: the file is not whole.
        OSError: the file cannot be read.
    """
    return _rules(str(settings.RIGHTPARTY["LINK_RULES_FILE"]))


@cache
def _rules(own: str) -> LinkRules:
    return read_rules(Path(own).read_text("utf-8") if own else None)


def identities(*, party_ids: Sequence[str] | None) -> pl.DataFrame:
    """Return [party_id, person_id, IDENTITY…] of some current parties (None: all)."""
    condition, params = ("1 = 1", []) if party_ids is None else among("party_id", party_ids)
    return read_frame(
        f"SELECT party_id, person_id, {', '.join(IDENTITY)} FROM parties_party"
        f" WHERE retired_by_id IS NULL AND {condition}",
        params,
        schema=_IDENTITY,
    )


def linkage_frames() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the current parties and contact points of the portfolio as linkage takes them."""
    people = read_frame(f"SELECT {', '.join(PEOPLE)} FROM parties_party WHERE retired_by_id IS NULL", schema=PEOPLE)
    points = read_frame(
        f"SELECT {', '.join(POINTS)} FROM parties_contactpoint WHERE retired_by_id IS NULL", schema=POINTS
    )
    return people, points.unique(maintain_order=True)


def links_in_force(*, party_ids: Sequence[str] | None = None) -> pl.DataFrame:
    """Return the links in force, of some parties or all: id, LINKS, probabilities, reasons, the act that made them."""
    condition, params = ("1 = 1", []) if party_ids is None else _either_end(party_ids)
    rows = read_frame(
        f"SELECT l.id, left_id, right_id, verdict, origin, {', '.join(_PROBABILITIES)}, reasons, change_id,"
        ' c.load_id, c."by", c.reason, c.changed_at'
        f" FROM parties_personlink l JOIN parties_personchange c ON c.id = l.change_id WHERE ended_by_id IS NULL"
        f" AND {condition}",
        params,
        schema=_LINK,
    )
    return rows.with_columns(rank=pl.col("id"))


def links_of_change(change_id: int, *, ended: bool) -> pl.DataFrame:
    """Return [id, left_id, …, is_current] of the links that a change made, or those that it ended."""
    column = "ended_by_id" if ended else "change_id"
    schema = {
        name: _LINK[name] for name in ("id", "left_id", "right_id", "verdict", "origin", *_PROBABILITIES, "reasons")
    }
    return read_frame(
        f"SELECT {', '.join(schema)}, ended_by_id IS NULL FROM parties_personlink WHERE {column} = %s ORDER BY id",
        [change_id],
        schema={**schema, "is_current": pl.Boolean()},
    )


def links_of_load(load_id: int) -> list[int]:
    """Return the links in force that were made in the course of a load."""
    rows = read_frame(
        "SELECT l.id FROM parties_personlink l JOIN parties_personchange c ON c.id = l.change_id"
        " WHERE l.ended_by_id IS NULL AND c.load_id = %s",
        [load_id],
        schema={"id": pl.Int64()},
    )
    return [int(each) for each in rows["id"]]


def everybody_tied(party_ids: Sequence[str]) -> list[str]:
    """Return all current parties whose person can depend on these parties' links, themselves included."""
    found: set[str] = set()
    fresh = set(party_ids)
    while fresh:
        found |= fresh
        condition, params = among("party_id", sorted(fresh))
        persons = read_frame(
            "SELECT party_id FROM parties_party WHERE retired_by_id IS NULL AND person_id IN"
            f" (SELECT person_id FROM parties_party WHERE retired_by_id IS NULL AND {condition})",
            params,
            schema={"party_id": pl.String()},
        )
        condition, params = _either_end(sorted(fresh))
        ends = read_frame(
            "SELECT left_id, right_id FROM parties_personlink WHERE ended_by_id IS NULL"
            f" AND NOT (origin = 'model' AND verdict = 'household') AND {condition}",
            params,
            schema={"left_id": pl.String(), "right_id": pl.String()},
        )
        fresh = {*persons["party_id"], *ends["left_id"], *ends["right_id"]} - found
    return sorted(found)


def household_groups(same: pl.DataFrame) -> pl.DataFrame:
    """Return [party_id, group_id] of households among some ids: one group for each pair of persons linked as one.

    Shape: same [party_id, person_id], every id of the persons. A household is never more than was found or decided: who
    lives with one of two is not thereby linked to the other.
    """
    ids = same["party_id"].to_list()
    condition, params = _either_end(ids) if len(ids) < _FEW else ("1 = 1", [])
    pairs = read_frame(
        "SELECT id, left_id, right_id FROM parties_personlink WHERE ended_by_id IS NULL AND verdict = 'household'"
        f" AND {condition}",
        params,
        schema={"id": pl.Int64(), "left_id": pl.String(), "right_id": pl.String()},
    )
    if pairs.is_empty():
        return pl.DataFrame(schema={"party_id": pl.String, "group_id": pl.String})
    ends = pairs.unpivot(["left_id", "right_id"], index="id", value_name="party_id").select("id", "party_id")
    persons = ends.join(same, on="party_id").select("id", "person_id").unique()
    return (
        persons.join(same, on="person_id")
        .select("party_id", group_id=pl.format("household:{}", "id"))
        .sort("group_id", "party_id")
    )


def doubts_as_of_now(*, party_ids: Sequence[str] | None) -> pl.DataFrame:
    """Return DOUBTS: contact points, by the id they stand under, that an unanswered contradiction bears on.

    A doubtful pair bears on the values that both have; ids of one person, or one id, that contradict themselves bear on
    all their points, unless the sign came from one point: then on that one.
    """
    condition, params = ("1 = 1", []) if party_ids is None else _either_end(party_ids)
    reviews = read_frame(
        "SELECT kind, left_id, right_id, channel, value FROM parties_linkreview"
        f" WHERE state IN ('open', 'upheld') AND contradictions <> '[]' AND {condition}",
        params,
        schema=dict.fromkeys(("kind", "left_id", "right_id", "channel", "value"), pl.String()),
    ).with_row_index("review")
    if reviews.is_empty():
        return pl.DataFrame(schema=DOUBTS)
    ends = reviews.unpivot(["left_id", "right_id"], index=["review", "kind", "channel", "value"], value_name="party_id")
    condition, params = among("party_id", ends["party_id"].unique().to_list())
    points = read_frame(
        "SELECT DISTINCT party_id, channel, value FROM parties_contactpoint"
        f" WHERE retired_by_id IS NULL AND {condition}",
        params,
        schema=DOUBTS,
    )
    met = ends.unique(["review", "party_id"]).join(points, on="party_id", suffix="_of_point")
    one_point = (pl.col("channel") == pl.col("channel_of_point")) & (pl.col("value") == pl.col("value_of_point"))
    both = pl.col("party_id").n_unique().over("review", "channel_of_point", "value_of_point") > 1
    borne = met.filter(
        pl.when(pl.col("value") != "")
        .then(one_point)
        .when(pl.col("kind") == "pair")
        .then(both)
        .otherwise(pl.lit(value=True))
    )
    return borne.select("party_id", channel="channel_of_point", value="value_of_point").unique()


def list_reviews(*, state: str = "open", skip: int = 0, most: int = 50) -> pl.DataFrame:
    """Return REVIEWS in a state, those that hold messages first, then the likeliest of one human."""
    return read_frame(
        f"{_REVIEWS} WHERE state = %s ORDER BY CASE WHEN contradictions <> '[]' AND kind <> 'pair' THEN 0 ELSE 1 END,"
        " p_same IS NULL, p_same DESC, id LIMIT %s OFFSET %s",
        [state, most, skip],
        schema=REVIEWS,
    )


def find_review(review_id: int) -> pl.DataFrame:
    """Return one of REVIEWS, or an empty frame."""
    return read_frame(f"{_REVIEWS} WHERE id = %s", [review_id], schema=REVIEWS)


def reviews_of(party_ids: Sequence[str] | None) -> pl.DataFrame:
    """Return every review of some parties, or of all (None): REVIEWS."""
    condition, params = ("1 = 1", []) if party_ids is None else _either_end(party_ids)
    return read_frame(f"{_REVIEWS} WHERE {condition} ORDER BY id", params, schema=REVIEWS)


_REVIEWS: Final = (
    f"SELECT id, kind, left_id, right_id, channel, value, {', '.join(_PROBABILITIES)}, reasons, contradictions,"
    " found_by, opened_at, seen_at, state, closed_by, decision, closed_at FROM parties_linkreview"
)


def history_of(party_ids: Sequence[str]) -> pl.DataFrame:
    """Return HISTORY: each act that changed whom these parties count as, newest first; one row per party and act."""
    condition, params = among("p.party_id", party_ids)
    return read_frame(
        'SELECT c.id, c.kind, c."by", c.reason, c.changed_at, p.party_id, was.person_id, p.person_id, c.load_id, u.id'
        " FROM parties_party p JOIN parties_personchange c ON p.load_id = -c.id"
        " JOIN parties_party was ON was.party_id = p.party_id AND was.retired_by_id = p.load_id"
        " LEFT JOIN parties_personchange u ON u.undoes_id = c.id"
        f" WHERE {condition} AND p.load_id < 0 ORDER BY c.id DESC, p.party_id",
        params,
        schema=HISTORY,
    )


def versions_of_load(load_id: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return [party_id, RECORDS…] of the parties that a load changed: as it brought them, and as they were before."""
    columns = ", ".join(f"{{0}}.{name}" for name in _RECORD)
    joined = (
        " FROM parties_party now JOIN parties_party was ON was.party_id = now.party_id"
        " AND was.retired_by_id = now.load_id WHERE now.load_id = %s"
    )
    now = read_frame(f"SELECT {columns.format('now')}{joined}", [load_id], schema=_RECORD)
    return now, read_frame(f"SELECT {columns.format('was')}{joined}", [load_id], schema=_RECORD)


def parties_of_load(load_id: int) -> list[str]:
    """Return the parties of which a load brought the row or a contact point in force."""
    rows = read_frame(
        "SELECT party_id FROM parties_party WHERE load_id = %s UNION"
        " SELECT party_id FROM parties_contactpoint WHERE load_id = %s AND retired_by_id IS NULL",
        [load_id, load_id],
        schema={"party_id": pl.String()},
    )
    return [str(each) for each in rows["party_id"].sort()]


def naming_events(*, party_ids: Sequence[str] | None) -> pl.DataFrame:
    """Return [channel, value, party_id, kind, occurred_at] of log-ins, codes and differing names where parties are."""
    condition, params = ("1 = 1", []) if party_ids is None else among("p.party_id", party_ids)
    scope = (
        "" if party_ids is None else " AND value IN (SELECT p.value FROM parties_contactpoint p"
        f" WHERE p.retired_by_id IS NULL AND {condition})"
    )  # fmt: skip
    return read_frame(
        "SELECT channel, value, party_id, kind, occurred_at FROM parties_contactevent WHERE retired_by_id IS NULL"
        f" AND kind IN ('otp_verified', 'login', 'name_differs'){scope}",
        params,
        schema={**dict.fromkeys(("channel", "value", "party_id", "kind"), pl.String()), "occurred_at": _INSTANT},
    )


def _either_end(party_ids: Sequence[str]) -> tuple[str, list[object]]:
    left, params = among("left_id", party_ids)
    right, more = among("right_id", party_ids)
    return f"({left} OR {right})", [*params, *more]


_SHOWN: Final = {
    name: pl.Date() if name == "date_of_birth" else pl.String()
    for name in (
        "party_id", "person_id", "full_name", "latin_name", "date_of_birth", "national_id_type", "national_id",
        "country", "region", "postcode", "address", "employer",
    )
}  # fmt: skip


def records_of(party_ids: Sequence[str]) -> pl.DataFrame:
    """Return the current records of some parties, to be laid side by side."""
    condition, params = among("party_id", party_ids)
    return read_frame(
        f"SELECT {', '.join(_SHOWN)} FROM parties_party WHERE retired_by_id IS NULL AND {condition} ORDER BY party_id",
        params,
        schema=_SHOWN,
    )


def earlier_record(party_id: str) -> pl.DataFrame:
    """Return the latest record of a party that told of another name, birth date or document, or an empty frame."""
    columns = ", ".join(f"was.{name}" for name in _SHOWN)
    return read_frame(
        f"SELECT {columns} FROM parties_party was JOIN parties_party now ON now.party_id = was.party_id"
        " AND now.retired_by_id IS NULL WHERE was.party_id = %s AND was.retired_by_id IS NOT NULL"
        " AND (was.full_name <> now.full_name OR was.national_id <> now.national_id"
        " OR was.date_of_birth IS DISTINCT FROM now.date_of_birth) ORDER BY was.id DESC LIMIT 1",
        [party_id],
        schema=_SHOWN,
    )


def points_side_by_side(party_ids: Sequence[str]) -> pl.DataFrame:
    """Return [party_id, channel, value, relation] of some parties' current contact points, in order."""
    condition, params = among("party_id", party_ids)
    return read_frame(
        "SELECT DISTINCT party_id, channel, value, relation FROM parties_contactpoint"
        f" WHERE retired_by_id IS NULL AND {condition} ORDER BY channel, value, party_id",
        params,
        schema=POINTS,
    )


def count_reviews() -> int:
    """Return how many questions are open."""
    rows = read_frame("SELECT count(*) FROM parties_linkreview WHERE state = 'open'", schema={"n": pl.Int64()})
    return int(rows["n"][0])
