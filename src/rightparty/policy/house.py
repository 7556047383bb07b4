# SPDX-License-Identifier: Apache-2.0
"""The lender's own rules over the law, read and checked; stricter than the law or an error (right_time, right_debt).

A table of its own under `[calendar]` or `[caps]`, named by a market, replaces there what it names; the rest holds for
every market.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rightparty.kernel.money import MINOR_DIGITS, MoneyError, parse_money
from rightparty.kernel.vocabulary import MessageChannel
from rightparty.policy.clock_time import minutes_of
from rightparty.policy.errors import PackError
from rightparty.policy.toml_lines import TomlText

EVERYWHERE: Final = ""
"""Stands for every market that has no table of its own."""

WEEK: Final = (1, 2, 3, 4, 5, 6, 7)
_WRITTEN: Final = frozenset({MessageChannel.SMS.value, MessageChannel.EMAIL.value, MessageChannel.APP.value})
_CALL: Final = frozenset({MessageChannel.CALL.value})
_ALL: Final = frozenset(channel.value for channel in MessageChannel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """A number of contacts with one person from which on there is no further one."""

    #: what is counted and in which window, as in policy.pack.FREQUENCIES
    counts: str
    window: str
    #: message channels on which it withholds
    channels: frozenset[str]
    #: reason code
    reason: str


CAPS: Final[Mapping[str, Cap]] = {
    "contacts_per_person_day": Cap(
        counts="contacts", window="day", channels=_ALL, reason="right_time.person_daily_cap"),
    "contacts_per_person_7d": Cap(
        counts="contacts", window="7d", channels=_ALL, reason="right_time.person_weekly_cap"),
    "messages_per_person_day": Cap(
        counts="messages", window="day", channels=_WRITTEN, reason="right_time.person_daily_cap"),
    "messages_per_person_7d": Cap(
        counts="messages", window="7d", channels=_WRITTEN, reason="right_time.person_message_cap"),
    "messages_per_person_31d": Cap(
        counts="messages", window="31d", channels=_WRITTEN, reason="right_time.person_message_cap"),
    "call_attempts_per_person_day": Cap(
        counts="call_attempts", window="day", channels=_CALL, reason="right_time.person_call_cap"),
    "call_attempts_per_person_7d": Cap(
        counts="call_attempts", window="7d", channels=_CALL, reason="right_time.person_call_cap"),
    "call_attempts_per_person_31d": Cap(
        counts="call_attempts", window="31d", channels=_CALL, reason="right_time.person_call_cap"),
    "effective_calls_per_person_day": Cap(
        counts="effective_calls", window="day", channels=_CALL, reason="right_time.person_call_cap"),
    "calls_per_debt_7d": Cap(
        counts="debt_calls", window="7d", channels=_CALL, reason="right_time.debt_call_cap"),
}  # fmt: skip
"""Caps a house may set, by the name they have in its file. They count over the linked person, or per debt."""

CAP_AT_MOST: Final = 1_000
"""A number beyond every law and habit is a slip of the key."""

DAYS_AT_MOST: Final = 366
"""The longest time the house may leave a person in peace by rule; longer is a decision on the account."""

STRANGER_AT_MOST: Final = 0.02
"""What the threshold of 0.98 leaves to strangers at most, and what holds where the house names no number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Least probability that the person receives, for each disclosure level."""

    limited_content: float
    account: float
    amount: float
    #: greatest probability that a stranger receives a text that tells of a debt
    stranger_at_most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """When the house contacts people; what is None is left to the law."""

    #: local minutes after midnight: from begin, up to but not at end
    begin: int | None
    end: int | None
    #: ISO weekdays
    weekdays: tuple[int, ...] | None
    #: only on working days of the market's calendar, shifted ones included
    working_days: bool
    #: contacts on public holidays; False forbids them
    holidays: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseRules:
    """The lender's own rules over the law; stricter only."""

    #: markets the lender serves; empty: every market that has a law pack
    markets: tuple[str, ...]
    #: market or EVERYWHERE -> calendar, what it left out filled from EVERYWHERE
    calendars: Mapping[str, Calendar]
    #: market or EVERYWHERE -> name of CAPS -> no contact from this count on, filled likewise
    caps: Mapping[str, Mapping[str, int]]
    #: days without reminders; the day of the event is day 0
    days_after_payment: int
    days_after_complaint: int
    #: days after the promised one on which the person is still left in peace
    promise_grace_days: int
    #: currency -> least amount due, in minor units, that is reminded of
    least_amounts: Mapping[str, int]
    plan_expires_hours: int
    thresholds: Thresholds

    def calendar_of(self, market: str) -> Calendar:
        """Return the calendar that holds in a market."""
        return self.calendars.get(market, self.calendars[EVERYWHERE])

    def caps_of(self, market: str) -> Mapping[str, int]:
        """Return the caps that hold in a market, by name."""
        return self.caps.get(market, self.caps[EVERYWHERE])


_TABLES: Final = frozenset({
    "name", "markets", "plan_expires_hours", "calendar", "caps", "cooling_off", "promise_to_pay", "least_amount",
    "thresholds",
})  # fmt: skip
_CALENDAR: Final = frozenset({"from", "to", "weekdays", "holidays"})


def read_house(source: TomlText) -> HouseRules:
    """Return the house rules of a file; whether they are as strict as the law is asked by `law_limits`.

    Raises:
        PackError: an unknown, missing or senseless field.
    """
    values = source.values
    _refuse_unknown(source, (), values, _TABLES)
    if not isinstance(values.get("name", ""), str):
        raise PackError(f"{source.place('name')}: a text is needed. {PackError.remedy}")
    return HouseRules(
        markets=_markets(source),
        calendars=_calendars(source),
        caps=_caps(source),
        days_after_payment=_days(source, "cooling_off", "days_after_payment"),
        days_after_complaint=_days(source, "cooling_off", "days_after_complaint"),
        promise_grace_days=_days(source, "promise_to_pay", "grace_days"),
        least_amounts=_least_amounts(source),
        plan_expires_hours=_whole(source, ("plan_expires_hours",), values.get("plan_expires_hours"), 1, 24),
        thresholds=_thresholds(source),
    )


def _refuse_unknown(source: TomlText, path: tuple[str, ...], table: Mapping[str, Any], known: frozenset[str]) -> None:
    if unknown := sorted(set(table) - known):
        raise PackError(f"{source.place(*path, unknown[0])}: unknown; known are {', '.join(sorted(known))}")


def _table(source: TomlText, name: str) -> Mapping[str, Any]:
    table = source.values.get(name, {})
    if not isinstance(table, dict):
        raise PackError(f"{source.place(name)}: must be a table, [{name}]. {PackError.remedy}")
    return table


def _whole(source: TomlText, path: tuple[str, ...], value: object, least: int, greatest: int) -> int:
    if type(value) is not int or not least <= value <= greatest:
        raise PackError(f"{source.place(*path)}: a whole number from {least} to {greatest} is needed")
    return value


def _days(source: TomlText, table: str, name: str) -> int:
    values = _table(source, table)
    known = {"cooling_off": {"days_after_payment", "days_after_complaint"}, "promise_to_pay": {"grace_days"}}
    _refuse_unknown(source, (table,), values, frozenset(known[table]))
    return _whole(source, (table, name), values.get(name, 0), 0, DAYS_AT_MOST)


def _markets(source: TomlText) -> tuple[str, ...]:
    names = source.values.get("markets", [])
    if not isinstance(names, list) or not all(isinstance(n, str) and _is_market(n) for n in names):
        raise PackError(f'{source.place("markets")}: a list of ISO 3166 codes is needed, for example ["US", "CZ"]')
    return tuple(names)


def _is_market(name: str) -> bool:
    return len(name) == 2 and name.isascii() and name.isalpha() and name.isupper()


def _by_market(source: TomlText, name: str, known: frozenset[str]) -> dict[str, Mapping[str, Any]]:
    """Return the table's own values under EVERYWHERE, and those of its markets."""
    table = _table(source, name)
    found: dict[str, Mapping[str, Any]] = {EVERYWHERE: {k: v for k, v in table.items() if not _is_market(k)}}
    _refuse_unknown(source, (name,), found[EVERYWHERE], known)
    for market in filter(_is_market, table):
        if not isinstance(table[market], dict):
            raise PackError(f"{source.place(name, market)}: must be a table, [{name}.{market}]")
        _refuse_unknown(source, (name, market), table[market], known)
        found[market] = table[market]
    return found


def path_of(name: str, market: str, field: str) -> tuple[str, ...]:
    """Return the key path of a value that may stand in a market's own table."""
    return (name, market, field) if market else (name, field)


def _caps(source: TomlText) -> dict[str, Mapping[str, int]]:
    tables = _by_market(source, "caps", frozenset(CAPS))
    for market, table in tables.items():
        for field, value in table.items():
            _whole(source, path_of("caps", market, field), value, 0, CAP_AT_MOST)
    return {market: {**tables[EVERYWHERE], **table} for market, table in tables.items()}


def _calendars(source: TomlText) -> dict[str, Calendar]:
    tables = _by_market(source, "calendar", _CALENDAR)
    merged = {market: {**tables[EVERYWHERE], **table} for market, table in tables.items()}
    return {market: _calendar(source, market, tables[market], table) for market, table in merged.items()}


def _calendar(source: TomlText, market: str, own: Mapping[str, Any], table: Mapping[str, Any]) -> Calendar:
    def place(field: str) -> str:
        return source.place(*path_of("calendar", market if field in own else EVERYWHERE, field))

    times: dict[str, int] = {}
    for name in {"from", "to"} & set(table):
        try:
            times[name] = minutes_of(table[name])
        except PackError as error:
            raise PackError(f'{place(name)}: {error}; write "08:00", or "24:00" for the end of the day') from error
    begin, end = times.get("from"), times.get("to")
    if (begin is None) is not (end is None) or (begin is not None and end is not None and begin >= end):
        raise PackError(f"{place('from' if 'from' in table else 'to')}: from and to are needed both, from before to")
    days = table.get("weekdays", "all")
    if days not in ("all", "working") and not (isinstance(days, list) and days and set(days) <= set(WEEK)):
        raise PackError(f'{place("weekdays")}: "all", "working", or ISO weekdays such as [1, 2, 3] are needed')
    if not isinstance(table.get("holidays", True), bool):
        raise PackError(f"{place('holidays')}: true or false is needed")
    return Calendar(
        begin=begin,
        end=end,
        weekdays=tuple(sorted(set(days))) if isinstance(days, list) else None,
        working_days=days == "working",
        holidays=table.get("holidays", True),
    )


def _least_amounts(source: TomlText) -> dict[str, int]:
    table = _table(source, "least_amount")
    _refuse_unknown(source, ("least_amount",), table, frozenset(MINOR_DIGITS))
    amounts = {}
    for currency, text in table.items():
        try:
            amounts[currency] = parse_money(text if isinstance(text, str) else "?", currency).minor
        except MoneyError as error:
            raise PackError(f'{source.place("least_amount", currency)}: {error} Write a text: "10.00".') from error
        if amounts[currency] < 0:
            raise PackError(f"{source.place('least_amount', currency)}: an amount from zero is needed")
    return amounts


def _thresholds(source: TomlText) -> Thresholds:
    levels = _table(source, "thresholds")
    bounds = (("limited_content", 0.5), ("account", 0.8), ("amount", 0.9))
    _refuse_unknown(source, ("thresholds",), levels, frozenset({"stranger_at_most", *(name for name, _ in bounds)}))
    for name, least in bounds:
        value = levels.get(name)
        if not isinstance(value, float) or not least <= value <= 1.0:
            raise PackError(f"{source.place('thresholds', name)}: a number from {least} to 1.0 is needed")
    stranger = levels.get("stranger_at_most", STRANGER_AT_MOST)
    if not isinstance(stranger, float) or not 0.0 < stranger <= STRANGER_AT_MOST:
        raise PackError(
            f"{source.place('thresholds', 'stranger_at_most')}: a number up to {STRANGER_AT_MOST} is needed"
        )
    thresholds = Thresholds(**{name: levels[name] for name, _ in bounds}, stranger_at_most=stranger)
    if not thresholds.limited_content <= thresholds.account <= thresholds.amount:
        raise PackError(f"{source.place('thresholds')}: saying more must need more certainty, never less")
    return thresholds
