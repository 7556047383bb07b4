# SPDX-License-Identifier: Apache-2.0
"""Reads of the ledger into columns, as of an instant, inside the current transaction. Serves right_debt."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from rightparty.kernel.clock import require_aware
from rightparty.kernel.vocabulary import HOLD_BITS, AccountStatus, PaymentStatus, Role
from rightparty.lending.delinquency import balances
from rightparty.lending.given import SAME_WITHIN
from rightparty.parties.queries import ids_of_same_persons
from rightparty.store.queries import among, brought_back, read_frame

_INSTANT = pl.Datetime("us", "UTC")
_LINKING = (Role.DEBTOR, Role.CO_DEBTOR, Role.GUARANTOR, Role.AUTHORISED_USER)


def balances_as_of(*, at: datetime, account_ids: Sequence[str] | None, ahead: timedelta = timedelta(0)) -> pl.DataFrame:
    """Return what some accounts (None: all) owe as of the instant.

    `ahead`: a payment that is dated so much later counts as of the instant.

    Shape: delinquency.BALANCES + [product, currency, market, status, creditor, account_open, principal_minor,
    last_paid_at (of posted money up to the instant; null: never)].
    """
    accounts = _current(
        "lending_account",
        {
            "account_id": pl.String,
            "product": pl.String,
            "currency": pl.String,
            "market": pl.String,
            "status": pl.String,
            "creditor": pl.String,
            "principal_minor": pl.Int64,
        },
        account_ids=account_ids,
    ).with_columns(account_open=pl.col("status") == AccountStatus.OPEN.value)
    instalments = _current(
        "lending_instalment",
        {"account_id": pl.String, "due_on": pl.Date, "amount_minor": pl.Int64},
        account_ids=account_ids,
    )
    payments = _current(
        "lending_payment",
        {"account_id": pl.String, "paid_at": _INSTANT, "amount_minor": pl.Int64, "status": pl.String},
        account_ids=account_ids,
    ).with_columns(paid_at=brought_back("paid_at", at=at, ahead=ahead))
    owed = balances(accounts, instalments, payments, at=at).join(accounts, on="account_id", how="left")
    owed = owed.with_columns(pl.col("account_open").fill_null(value=False))
    if payments.is_empty():
        return owed.with_columns(last_paid_at=pl.lit(None, _INSTANT))
    paid = (
        payments.filter(
            (pl.col("status") == PaymentStatus.POSTED.value)
            & (pl.col("amount_minor") > 0)
            & (pl.col("paid_at") <= require_aware(at))
        )
        .group_by("account_id")
        .agg(last_paid_at=pl.col("paid_at").max())
    )
    return owed.join(paid, on="account_id", how="left")


def complaints_ended_as_of(
    *,
    at: datetime,
    account_ids: Sequence[str] | None,
    party_ids: Sequence[str] | None,
    same: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Return [account_id, party_id, ended_at] of ended complaint holds, the other id ''; None: of everybody.

    `same`: what `ids_of_same_persons` says of the parties, if that has been read.
    """
    same = ids_of_same_persons(party_ids=party_ids) if same is None else same
    scope, params = _hold_scope(account_ids, None if party_ids is None else same["party_id"].to_list())
    ended = read_frame(
        "SELECT account_id, party_id, to_at FROM lending_hold WHERE retired_by_id IS NULL AND kind = 'complaint'"
        f" AND to_at IS NOT NULL AND {scope}",
        params,
        schema={"account_id": pl.String, "party_id": pl.String, "ended_at": _INSTANT},
    )
    if ended.is_empty():
        return ended
    return (
        ended.filter(pl.col("ended_at") <= require_aware(at))
        .group_by("account_id", "party_id")
        .agg(pl.col("ended_at").max())
        .sort("account_id", "party_id")
    )


def liable_and_other_parties(*, account_ids: Sequence[str] | None) -> pl.DataFrame:
    """Return [account_id, party_id, role] of some accounts (None: all)."""
    return _current(
        "lending_accountparty",
        {"account_id": pl.String, "party_id": pl.String, "role": pl.String},
        account_ids=account_ids,
    )


def accounts_of_party(party_id: str) -> pl.DataFrame:
    """Return [account_id, role] of the accounts a party has anything to do with, in order."""
    return read_frame(
        "SELECT account_id, role FROM lending_accountparty WHERE retired_by_id IS NULL AND party_id = %s",
        [party_id],
        schema={"account_id": pl.String, "role": pl.String},
    ).sort("account_id", "role")


def accounts_of_person(party_id: str) -> list[str]:
    """Return the accounts that any id of this party's person has anything to do with, in order."""
    ids = ids_of_same_persons(party_ids=[party_id])["party_id"].to_list() or [party_id]
    condition, params = among("party_id", ids)
    rows = read_frame(
        f"SELECT DISTINCT account_id FROM lending_accountparty WHERE retired_by_id IS NULL AND {condition}",
        params,
        schema={"account_id": pl.String},
    )
    return [str(account) for account in rows["account_id"].sort()]


def account_links(*, party_ids: Sequence[str] | None) -> pl.DataFrame:
    """Return [party_id, group_id]: all co-parties on the accounts of some parties (None: everybody).

    Emergency contacts are no co-parties: they owe nothing and need not know of the debt.
    """
    roles = ", ".join(f"'{role}'" for role in _LINKING)
    condition, params = ("1 = 1", []) if party_ids is None else among("mine.party_id", party_ids)
    scope = (
        ""
        if party_ids is None
        else f" AND account_id IN (SELECT mine.account_id FROM lending_accountparty mine"
        f" WHERE mine.retired_by_id IS NULL AND mine.role IN ({roles}) AND {condition})"
    )
    return read_frame(
        f"SELECT DISTINCT party_id, account_id FROM lending_accountparty"
        f" WHERE retired_by_id IS NULL AND role IN ({roles}){scope}",
        params,
        schema={"party_id": pl.String, "group_id": pl.String},
    ).with_columns(group_id=pl.lit("account:") + pl.col("group_id"))


def holds_as_of(
    *,
    at: datetime,
    account_ids: Sequence[str] | None,
    party_ids: Sequence[str] | None = None,
    same: pl.DataFrame | None = None,
    ahead: timedelta = timedelta(0),
) -> pl.DataFrame:
    """Return [account_id, party_id, holds_mask] of the holds in force; both None: of everybody.

    A hold on a party counts for every id of the person, so each of them has a row. Rows of an account's hold have
    party_id '', rows of a person's hold account_id ''. A kind that is not known counts as legal, never as none.
    Given only accounts, the persons are those on the accounts. `same`: what `ids_of_same_persons` says of the given
    parties, if that has been read. `ahead`: a hold that begins so much later counts already.
    """
    if account_ids is not None and party_ids is None:
        party_ids, same = liable_and_other_parties(account_ids=account_ids)["party_id"].unique().to_list(), None
    same = ids_of_same_persons(party_ids=party_ids) if same is None else same
    instant = require_aware(at)
    scope, params = _hold_scope(account_ids, None if party_ids is None else same["party_id"].to_list())
    holds = read_frame(
        f"SELECT kind, from_at, to_at, party_id, account_id FROM lending_hold WHERE retired_by_id IS NULL AND {scope}",
        params,
        schema={
            "kind": pl.String,
            "from_at": _INSTANT,
            "to_at": _INSTANT,
            "party_id": pl.String,
            "account_id": pl.String,
        },
    )
    if not holds.is_empty():
        begun = pl.col("from_at") <= instant + ahead
        holds = holds.filter(begun & (pl.col("to_at").is_null() | (pl.col("to_at") > instant)))
    if holds.is_empty():
        return pl.DataFrame(schema={"account_id": pl.String, "party_id": pl.String, "holds_mask": pl.Int32})
    bits = {kind.value: bit for kind, bit in HOLD_BITS.items()}
    marked = holds.with_columns(bit=pl.col("kind").replace_strict(bits, default=bits["legal"], return_dtype=pl.Int32))
    on_persons = (
        marked.filter(pl.col("party_id") != "")
        .join(same.rename({"party_id": "held_id"}), left_on="party_id", right_on="held_id", how="left")
        .with_columns(person_id=pl.coalesce("person_id", "party_id"))
        .join(same.rename({"party_id": "each_id"}), on="person_id", how="left")
        .select("bit", party_id=pl.coalesce("each_id", "party_id"), account_id=pl.lit(""))
    )
    on_accounts = marked.filter(pl.col("account_id") != "").select("bit", party_id=pl.lit(""), account_id="account_id")
    if account_ids is not None:
        on_accounts = on_accounts.filter(pl.col("account_id").is_in(list(account_ids)))
        on_persons = on_persons.filter(pl.col("party_id").is_in(same["party_id"].to_list()))
    return (
        pl.concat([on_accounts, on_persons])
        .group_by("account_id", "party_id")
        .agg(holds_mask=pl.col("bit").bitwise_or())
        .select("account_id", "party_id", pl.col("holds_mask").cast(pl.Int32))
        .sort("account_id", "party_id")
    )


def hold_number(*, kind: str, party_id: str, account_id: str, from_at: datetime) -> int | None:
    """Return the number of the hold that was told to run from this instant on, if there is one."""
    earliest, latest = require_aware(from_at) - SAME_WITHIN, require_aware(from_at)
    rows = read_frame(
        "SELECT id, from_at FROM lending_hold WHERE retired_by_id IS NULL AND kind = %s AND party_id = %s"
        " AND account_id = %s",
        [kind, party_id, account_id],
        schema={"id": pl.Int64, "from_at": _INSTANT},
    ).filter(pl.col("from_at").is_between(earliest, latest))
    return None if rows.is_empty() else int(rows.sort("from_at", descending=True)["id"][0])


def _hold_scope(account_ids: Sequence[str] | None, party_ids: Sequence[str] | None) -> tuple[str, list[Any]]:
    """Return the condition that a hold is on one of the accounts or parties; both None: on anybody."""
    if account_ids is None and party_ids is None:
        return "1 = 1", []
    accounts, of_accounts = among("account_id", account_ids or [])
    parties, of_parties = among("party_id", party_ids or [])
    return f"({accounts} OR {parties})", [*of_accounts, *of_parties]


def _current(
    table: str, schema: dict[str, pl.DataType | type[pl.DataType]], *, account_ids: Sequence[str] | None
) -> pl.DataFrame:
    """Read the current rows of a ledger table, of some accounts or of all (None)."""
    condition, params = ("1 = 1", []) if account_ids is None else among("account_id", account_ids)
    return read_frame(
        f"SELECT {', '.join(schema)} FROM {table} WHERE retired_by_id IS NULL AND {condition}", params, schema=schema
    )
