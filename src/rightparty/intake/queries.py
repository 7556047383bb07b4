# SPDX-License-Identifier: Apache-2.0
"""Reads of loads, of the rows they could not take, and of what in the store a delivery refers to."""

import polars as pl

from rightparty.intake.models import Audit, Load
from rightparty.intake.row_errors import REJECTED
from rightparty.lending.operations.take_rows import TABLES as LENDING_TABLES
from rightparty.parties.operations.take_rows import TABLES as PARTY_TABLES
from rightparty.parties.screening import History
from rightparty.store.queries import among, read_frame

INSTANT = pl.Datetime("us", "UTC")
LOADS = {
    "load_id": pl.Int64(), "state": pl.String(), "loaded_at": INSTANT, "label": pl.String(), "reverts": pl.Int64(),
    "content_digest": pl.String(),
}  # fmt: skip
ROW_IDS = {"party_id": PARTY_TABLES["parties"].name, "account_id": LENDING_TABLES["accounts"].name}


def list_loads() -> pl.DataFrame:
    """Return all loads and reverts, newest first: LOADS."""
    return read_frame(
        "SELECT id, state, loaded_at, label, reverts_id, content_digest FROM intake_load ORDER BY id DESC", schema=LOADS
    )


def rejected_rows(load_id: int) -> pl.DataFrame:
    """Return the rows a load could not take, in the order of files and lines: REJECTED."""
    return read_frame(
        'SELECT file, line, "column", reason, remedy, "row" FROM intake_rejectedrow WHERE load_id = %s ORDER BY id',
        [load_id],
        schema=REJECTED,
    )


def find_standing_load(content_digest: str) -> int | None:
    """Return the load that brought exactly these files and has not been reverted, if any."""
    load = Load.objects.filter(content_digest=content_digest, state=Load.State.LOADED).first()
    return load.pk if load else None


def find_quarantined_load(content_digest: str) -> Load | None:
    """Return the load of exactly these files that waits for a decision, if any."""
    return Load.objects.filter(content_digest=content_digest, state=Load.State.QUARANTINED).first()


def find_load(load_id: int) -> Load | None:
    """Return a load or revert by number."""
    return Load.objects.filter(pk=load_id).first()


def latest_audit() -> Audit | None:
    """Return the audit of the portfolio that was made last, if any."""
    return Audit.objects.order_by("-pk").first()


def is_first_contact_load(load_id: int) -> bool:
    """Tell whether no other load has brought contact points: then no value can have moved."""
    others = read_frame(
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM parties_contactpoint WHERE load_id <> %s)",
        [load_id],
        schema={"n": pl.Int64()},
    )
    return not others.height


def strong_uses(load_id: int) -> pl.DataFrame:
    """Return [channel, value, party_id, last_at] of the log-ins and confirmed codes that a load brought."""
    return read_frame(
        "SELECT channel, value, party_id, max(occurred_at) FROM parties_contactevent WHERE load_id = %s"
        " AND party_id <> '' AND kind IN ('otp_verified', 'login') GROUP BY channel, value, party_id",
        [load_id],
        schema={**dict.fromkeys(("channel", "value", "party_id"), pl.String()), "last_at": INSTANT},
    )


def screening_history() -> History:
    """Return how many contact points earlier loads took, and how many of their values had stood under another person.

    The first load is left out, since nothing could move in it; and so are loads that were admitted out of quarantine:
    an exception does not become what is usual.
    """
    rows, moved = 0, 0
    admitted = Load.objects.filter(state=Load.State.ADMITTED, became_id__isnull=False).values("became_id")
    usual = Load.objects.filter(state=Load.State.LOADED).exclude(pk__in=admitted)
    summaries = usual.order_by("pk").values_list("summary", flat=True)
    for summary in list(summaries)[1:]:
        points = [table for table in summary.get("tables", []) if table["table"] == "contact_points"]
        if points:
            rows += int(points[0]["added"]) + int(points[0]["changed"])
            moved += int(summary.get("moved_values", 0))
    return History(rows=rows, moved=moved)


def undone_loads() -> dict[int, int]:
    """Return each reverted load with its revert."""
    return {
        load: revert
        for load, revert in Load.objects.filter(state=Load.State.REVERT).values_list("reverts_id", "pk")
        if load is not None
    }


def existing_ids(column: str, ids: pl.Series) -> pl.Series:
    """Return those party or account ids that have a current row."""
    if ids.is_empty():
        return ids
    condition, params = among(column, ids.to_list())
    return read_frame(
        f"SELECT {column} FROM {ROW_IDS[column]} WHERE retired_by_id IS NULL AND {condition}",
        params,
        schema={column: pl.String()},
    )[column]


def current_attributes(id_column: str, attribute: str, ids: pl.Series) -> pl.DataFrame:
    """Return an attribute of current parties or accounts: [id_column, attribute]."""
    schema = {id_column: pl.String(), attribute: pl.String()}
    if ids.is_empty():
        return pl.DataFrame(schema=schema)
    condition, params = among(id_column, ids.to_list())
    return read_frame(
        f"SELECT {id_column}, {attribute} FROM {ROW_IDS[id_column]} WHERE retired_by_id IS NULL AND {condition}",
        params,
        schema=schema,
    )


def moved_values(load_id: int) -> pl.DataFrame:
    """Return contact values that a load brought to a person while they stood under another, unlinked person.

    Persons who are parties to one account (other than as an emergency contact) are linked, and so are those of one
    household: they share numbers.
    Shape: [channel, value, from_party, to_party], one row per value and receiving person.
    """
    shape = dict.fromkeys(("channel", "value", "from_party", "to_party"), pl.String())
    if is_first_contact_load(load_id):
        return pl.DataFrame(schema=shape)
    return read_frame(_MOVED_VALUES, [load_id], schema=shape)


_BEFORE = "{0}.load_id <> new.load_id AND ({0}.retired_by_id IS NULL OR {0}.retired_by_id = new.load_id)"

_NOT_AT_HOME = """AND NOT EXISTS (
    SELECT 1 FROM parties_party one JOIN parties_personlink home ON home.{0} = one.party_id
    JOIN parties_party two ON two.party_id = home.{1} AND two.retired_by_id IS NULL
    WHERE one.person_id = receiver.person_id AND one.retired_by_id IS NULL AND home.ended_by_id IS NULL
    AND home.verdict = 'household' AND two.person_id = holder.person_id
)"""

_MOVED_VALUES = f"""
SELECT new.channel, new.value, min(old.party_id), min(new.party_id)
FROM parties_contactpoint new
JOIN parties_party receiver ON receiver.party_id = new.party_id AND receiver.retired_by_id IS NULL
JOIN parties_contactpoint old ON old.value = new.value AND old.channel = new.channel AND {_BEFORE.format("old")}
JOIN parties_party holder ON holder.party_id = old.party_id AND holder.retired_by_id IS NULL
    AND holder.person_id <> receiver.person_id
WHERE new.load_id = %s
AND NOT EXISTS (
    SELECT 1 FROM parties_contactpoint own
    JOIN parties_party self ON self.party_id = own.party_id AND self.retired_by_id IS NULL
    WHERE own.value = new.value AND own.channel = new.channel AND self.person_id = receiver.person_id
    AND {_BEFORE.format("own")}
)
AND NOT EXISTS (
    SELECT 1 FROM lending_accountparty mine JOIN lending_accountparty other ON other.account_id = mine.account_id
    WHERE mine.party_id = new.party_id AND other.party_id = old.party_id
    AND mine.retired_by_id IS NULL AND other.retired_by_id IS NULL
    AND mine.role <> 'emergency_contact' AND other.role <> 'emergency_contact'
)
{_NOT_AT_HOME.format("left_id", "right_id")}
{_NOT_AT_HOME.format("right_id", "left_id")}
GROUP BY new.channel, new.value, receiver.person_id
"""
