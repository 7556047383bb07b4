# SPDX-License-Identifier: Apache-2.0
"""The portfolio contract as data: the tables a lender delivers, their columns, and what each may hold."""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Final

from rightparty.kernel.vocabulary import (
    AccountStatus,
    EventKind,
    HoldKind,
    PaymentStatus,
    PointChannel,
    Product,
    Relation,
    Role,
    Source,
)  # fmt: skip


class Kind(Enum):
    """What a cell is read as."""

    TEXT = auto()
    IDENTIFIER = auto()
    DATE = auto()
    INSTANT = auto()
    MONEY = auto()
    CURRENCY = auto()
    COUNTRY = auto()
    ZONE = auto()
    LANGUAGE = auto()
    ONE_OF = auto()
    #: one of the values allowed, or another word that is kept and weighs nothing
    OPEN_LIST = auto()
    #: a phone, e-mail, postal address or app id, by the row's `channel`
    CONTACT_VALUE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a file."""

    name: str
    kind: Kind = Kind.TEXT
    required: bool = False
    #: the values of ONE_OF
    allowed: tuple[str, ...] = ()
    #: most characters, as the store's column
    limit: int = 64
    #: the store's column
    stored: str = ""
    #: what an empty cell means
    default: str = ""

    @property
    def target(self) -> str:
        """The column of the store that holds it."""
        return self.stored or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One file of the contract."""

    name: str
    columns: tuple[Column, ...]
    #: store columns that name a row within a file and in the store
    key: tuple[str, ...]

    @property
    def required(self) -> tuple[str, ...]:
        """The columns without which a file is refused."""
        return tuple(c.name for c in self.columns if c.required)


def _column(name: str, kind: Kind = Kind.TEXT, **more: object) -> Column:
    return Column(name=name, kind=kind, **more)  # type: ignore[arg-type]


def _id(name: str, *, required: bool = True) -> Column:
    return Column(name=name, kind=Kind.IDENTIFIER, required=required)


def _one_of(name: str, values: type[StrEnum], *, required: bool = True, default: str = "") -> Column:
    allowed = tuple(v.value for v in values)
    return Column(name=name, kind=Kind.ONE_OF, required=required, allowed=allowed, default=default)


def _money(name: str, *, required: bool = False) -> Column:
    return Column(name=name, kind=Kind.MONEY, required=required, stored=f"{name}_minor")


_TABLES: Final = (
    Table(name="parties", key=("party_id",), columns=(
        _id("party_id"), _column("full_name", required=True, limit=200), _column("latin_name", limit=200),
        _column("national_id"), _column("national_id_type", limit=32), _column("date_of_birth", Kind.DATE),
        _column("language", Kind.LANGUAGE, limit=35), _column("country", Kind.COUNTRY, required=True),
        _column("time_zone", Kind.ZONE), _column("region", limit=100), _column("postcode", limit=20),
        _column("address", limit=500), _column("employer", limit=200), _column("deceased_on", Kind.DATE),
        _column("represented_by", limit=200), _column("bankrupt_on", Kind.DATE))),
    Table(name="accounts", key=("account_id",), columns=(
        _id("account_id"), _one_of("product", Product), _column("opened_on", Kind.DATE, required=True),
        _column("currency", Kind.CURRENCY, required=True), _money("principal", required=True),
        _column("creditor", limit=200), _one_of("status", AccountStatus, required=False, default="open"),
        _column("market", Kind.COUNTRY))),
    Table(name="account_parties", key=("account_id", "party_id", "role"), columns=(
        _id("account_id"), _id("party_id"), _one_of("role", Role))),
    Table(name="instalments", key=("account_id", "due_on"), columns=(
        _id("account_id"), _column("due_on", Kind.DATE, required=True), _money("amount", required=True),
        _money("principal"), _money("interest"), _money("fee"))),
    Table(name="payments", key=("payment_id",), columns=(
        _id("payment_id"), _id("account_id"), _column("paid_at", Kind.INSTANT, required=True),
        _money("amount", required=True), _one_of("status", PaymentStatus, required=False, default="posted"),
        _column("channel", limit=32))),
    Table(name="holds", key=("kind", "from_at", "party_id", "account_id"), columns=(
        _one_of("kind", HoldKind), _column("from", Kind.INSTANT, required=True, stored="from_at"),
        _id("party_id", required=False), _id("account_id", required=False),
        _column("to", Kind.INSTANT, stored="to_at"))),
    Table(name="contact_points", key=("party_id", "channel", "value", "source"), columns=(
        _id("party_id"), _one_of("channel", PointChannel),
        _column("value", Kind.CONTACT_VALUE, required=True, limit=500),
        _one_of("source", Source), _column("collected_at", Kind.INSTANT, required=True),
        _one_of("relation", Relation, required=False, default="self"), _column("valid_to", Kind.INSTANT))),
    Table(name="contact_events", key=("event_id",), columns=(
        _id("event_id"), _one_of("channel", PointChannel),
        _column("value", Kind.CONTACT_VALUE, required=True, limit=500), _id("party_id", required=False),
        _column("kind", Kind.OPEN_LIST, required=True, limit=16, allowed=tuple(k.value for k in EventKind)),
        _column("occurred_at", Kind.INSTANT, required=True),
        _id("account_id", required=False), _column("detail", limit=500))),
)  # fmt: skip

CONTRACT: Final[dict[str, Table]] = {table.name: table for table in _TABLES}
"""The tables in the order in which they are read and locked: what a table refers to comes before it, and parties come
before accounts before contact points, as everywhere."""

REFERENCES: Final = {"party_id": "parties", "account_id": "accounts"}
"""Columns that name a row of another table."""

CELL_LIMIT: Final = 10_000
"""Most characters of one cell; a longer one is a fault of the export, not a datum."""

REJECTED_SHARE_LIMIT: Final = 0.05
"""House limit: a table with a larger share of rejected rows is a broken export, and the whole load is refused."""

REJECTED_SHARE_FROM_ROWS: Final = 100
"""Below this many rows a share says nothing."""
