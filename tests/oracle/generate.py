# SPDX-License-Identifier: Apache-2.0
"""Frames of situations, biased to where readings of the law part: edges of hours, days, windows, zones and calendars.

Hypothesis draws a seed and the packs; a frame is then filled from the seed, since drawing every field of hundreds of
rows one by one would take longer than judging them.
"""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any

from rightparty.kernel.vocabulary import HoldKind
from tests.oracle.clocks import at_local, calendars_of, clock, day_began
from tests.oracle.lawbook import Lawbook, Rule
from tests.oracle.promises import CONTRADICTED
from tests.oracle.situation import Contact, Said, Situation
from tests.oracle.wishes import WEEKDAYS

HOME = {
    "CN": ("Asia/Shanghai", "Asia/Urumqi"),
    "US": ("America/New_York", "America/Los_Angeles", "Pacific/Honolulu", "America/Phoenix", "America/Denver"),
    "VN": ("Asia/Ho_Chi_Minh",),
    "ID": ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"),
    "PH": ("Asia/Manila",),
    "IN": ("Asia/Kolkata",),
    "KZ": ("Asia/Almaty", "Asia/Qyzylorda"),
    "RU": ("Europe/Moscow", "Asia/Yekaterinburg", "Asia/Kamchatka"),
    "CZ": ("Europe/Prague",),
    "SK": ("Europe/Bratislava",),
    "GB": ("Europe/London",),
    "HK": ("Asia/Hong_Kong",),
}
MARKETS = tuple(HOME)
ODD_ZONES = (
    "America/St_Johns", "Australia/Lord_Howe", "Asia/Kolkata", "Asia/Kathmandu", "Pacific/Chatham", "Pacific/Apia",
    "Pacific/Kiritimati", "Pacific/Pago_Pago", "Pacific/Honolulu", "Etc/GMT+12", "Europe/Dublin", "Asia/Beirut",
    "Africa/Cairo", "America/Havana", "America/Santiago", "America/Scoresbysund", "America/Asuncion", "Asia/Tehran",
    "America/New_York", "Europe/London", "Europe/Prague", "Africa/Casablanca", "Antarctica/Troll", "UTC",
)  # fmt: skip
NO_ZONES = ("Mars/Olympus", "", "shanghai", "UTC+8")
ODD_DAYS = (
    date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1), date(2028, 2, 29), date(2025, 12, 31), date(2026, 1, 1),
    # clocks change: New York, London and Prague, St John's, Lord Howe, Chatham, Cairo, Beirut, Havana, Santiago
    date(2026, 3, 8), date(2026, 11, 1), date(2026, 3, 29), date(2026, 10, 25), date(2026, 4, 5), date(2026, 10, 4),
    date(2025, 9, 28), date(2026, 4, 24), date(2025, 10, 31), date(2026, 9, 6), date(2024, 9, 8), date(2022, 3, 22),
    # Samoa had no 30 December 2011
    date(2011, 12, 29), date(2011, 12, 31), date(2010, 11, 7), date(2011, 3, 13),
    # China: Saturdays and Sundays worked, weekdays kept
    date(2026, 1, 4), date(2026, 2, 14), date(2026, 2, 28), date(2026, 5, 9), date(2026, 9, 20), date(2026, 10, 10),
    date(2026, 2, 17), date(2026, 10, 1), date(2025, 1, 26), date(2025, 11, 1),
    # Russia: a Saturday worked, days moved
    date(2025, 11, 3), date(2024, 4, 27), date(2024, 12, 28), date(2026, 1, 9), date(2026, 12, 31),
)  # fmt: skip
TINY = (
    timedelta(0), timedelta(microseconds=-1), timedelta(microseconds=1), timedelta(seconds=-1), timedelta(seconds=1),
    timedelta(seconds=59), timedelta(minutes=-1), timedelta(minutes=1),
)  # fmt: skip
LEAPLING = date(2008, 2, 29)
CHANNELS = ("sms", "email", "call", "post", "app")
KINDS_OF = {"call": ("called", "answered"), "sms": ("sent",), "email": ("sent",), "app": ("sent",), "post": ("sent",)}


@dataclass(slots=True, frozen=True)
class Edges:
    """Where readings of a lawbook may part: minutes, days, and the caps of each market."""

    minutes: Sequence[int]
    days: Sequence[date]
    caps: Mapping[str, Sequence[Rule]]


def edges_of(lawbook: Lawbook) -> Edges:
    return Edges(
        minutes=[0, 1439, *lawbook.edges()],
        days=[*ODD_DAYS, *(day + timedelta(days=n) for day in lawbook.dates() for n in (-1, 0) if day.year > 1990)],
        caps={
            market: [rule for rule in rules if rule["kind"] == "frequency"]
            for market, rules in lawbook.of_market.items()
        },
    )


def frame_of(seed: int, size: int, lawbook: Lawbook, *, at_once: bool = False) -> list[Situation]:
    """Return `size` situations of as many persons, all from one seed; `at_once`: all of one instant."""
    dice = random.Random(seed)
    edges = edges_of(lawbook)
    at = place_and_time(dice, "US", edges)[1] if at_once else None
    return [situation(dice, f"p{row}", edges, at) for row in range(size)]


def situation(dice: random.Random, person: str, edges: Edges, at: datetime | None) -> Situation:
    market = dice.choice(MARKETS) if dice.random() < 0.97 else dice.choice(["XX", "", None, "FR", "cn"])
    zones, instant = place_and_time(dice, market, edges)
    instant = at or instant
    s = Situation(market=market, zones=zones, at=instant, person=person, channel=dice.choice(CHANNELS))
    if dice.random() < 0.15:
        s.other_zones = tuple(some_zones(dice, market) for _ in range(dice.randint(1, 2)))
    caps = edges.caps.get(market or "", ())
    if caps and dice.random() < 0.25:
        s.past = up_to(dice, s, dice.choice(caps))
    elif dice.random() < 0.7:
        s.past = history(dice, s)
    s.days_past_due = dice.choice([1, 10, 14, 15, 16, 60, 200])
    s.born = birth_date(dice, s)
    s.said = said(dice, s)
    for name in dice.sample(sorted(ODD), dice.choice([0, 0, 0, 1, 1, 2, 5])):
        setattr(s, name, ODD[name](dice))
    if dice.random() < 0.04:
        setattr(s, dice.choice(FORGETTABLE), None)
    return s


def place_and_time(
    dice: random.Random, market: str | None, edges: Edges
) -> tuple[tuple[str, ...] | None, datetime | None]:
    zones = some_zones(dice, market)
    readable = [zone for zone in zones or () if zone not in NO_ZONES] or ["UTC"]
    zone = dice.choice(readable)
    day = some_day(dice, market, edges.days)
    minute = (
        dice.choice(edges.minutes)
        if dice.random() < 0.6
        else dice.choice([12 * 60, 10 * 60 + 30, dice.randrange(1440)])
    )
    start = at_local(day, time(minute // 60 % 24, minute % 60), zone, fold=dice.randint(0, 1))
    instant = start + (dice.choice(TINY) if dice.random() < 0.6 else timedelta(0))
    return zones, None if dice.random() < 0.005 else instant


def some_zones(dice: random.Random, market: str | None) -> tuple[str, ...] | None:
    home = HOME.get(market or "", ODD_ZONES)
    draw = dice.random()
    if draw < 0.65:
        return (dice.choice(home),)
    if draw < 0.80:
        return tuple(dice.choice([*home, *ODD_ZONES]) for _ in range(dice.randint(2, 3)))
    if draw < 0.95:
        return (dice.choice(ODD_ZONES),)
    if draw < 0.98:
        return dice.choice([(), None])
    return dice.choice([(dice.choice(NO_ZONES),), (dice.choice(home), dice.choice(NO_ZONES))])


def some_day(dice: random.Random, market: str | None, days: Sequence[date]) -> date:
    draw = dice.random()
    if draw < 0.3:
        return dice.choice(days)
    day = date(2019, 1, 1) + timedelta(days=dice.randrange(3650))
    if draw < 0.5 and kept_days(market):
        return dice.choice(kept_days(market)) + timedelta(days=dice.choice([-1, 0, 0, 1]))
    if draw < 0.52:
        return dice.choice([date(1899, 6, 1), date(1971, 3, 3), date(2040, 7, 4), date(2085, 5, 3), date(2098, 10, 1)])
    return day if draw < 0.7 else date(2026, 11, 2) + timedelta(days=dice.randrange(30))


@cache
def kept_days(market: str | None) -> list[date]:
    """Public holidays, and working days that are shifted, of twelve years."""
    books = calendars_of(market)
    years = [date(2018, 1, 1) + timedelta(days=n) for n in range(12 * 365)]
    return [day for day in years if any(day in book or day in book.weekend_workdays for book in books)]


def history(dice: random.Random, s: Situation) -> tuple[Contact, ...]:
    now = s.at or datetime(2026, 11, 24, 4, tzinfo=UTC)
    zone = next((zone for zone in s.zones or () if zone not in NO_ZONES), "UTC")
    starts: tuple[Callable[[], datetime], ...] = (
        lambda: now - timedelta(days=7) + dice.choice(TINY),
        lambda: now - timedelta(days=31) + dice.choice(TINY),
        lambda: day_began(clock(now, zone).day, zone) + dice.choice(TINY),
        lambda: midnight_before(dice, now, zone) + dice.choice(TINY),
        lambda: now - timedelta(minutes=dice.randrange(1, 60 * 24)),
        lambda: now - timedelta(minutes=dice.randrange(1, 60 * 24 * 40)),
        lambda: now + dice.choice(TINY),
    )
    count = dice.choice([1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 12, 17])
    only = dice.choice(CHANNELS) if dice.random() < 0.5 else None
    start = dice.choice(starts) if dice.random() < 0.5 else None
    made = []
    for _ in range(count):
        channel = only or dice.choice(CHANNELS)
        kind = dice.choice(KINDS_OF[channel]) if dice.random() < 0.97 else dice.choice(["answered", "sent", "called"])
        made.append(Contact((start or dice.choice(starts))(), channel, kind, "A" if dice.random() < 0.7 else "B"))
    if dice.random() < 0.05:
        ahead = dice.choice([*(timedelta(minutes=5) + tiny for tiny in TINY), timedelta(days=3)])
        made.append(Contact(now + ahead, "call", "answered", "A"))
    if dice.random() < 0.01:
        made.append(Contact(None, "call", "answered", "A"))
    return tuple(made)


def up_to(dice: random.Random, s: Situation, cap: Rule) -> tuple[Contact, ...]:
    """Return contacts of the sort that a cap counts: one too few, just enough, one too many, at the window's edge."""
    now = s.at or datetime(2026, 11, 24, 4, tzinfo=UTC)
    zone = next((zone for zone in s.zones or () if zone not in NO_ZONES), "UTC")
    s.channel = dice.choice(cap.get("channels", CHANNELS))
    starts = {
        "day": day_began(clock(now, zone).day, zone),
        "7d": now - timedelta(days=7),
        "31d": now - timedelta(days=31),
    }
    first = starts[cap["window"]] + dice.choice(TINY)
    # the next shorter window, whose cap is lower, has few of them
    last = max(first, now - {"day": timedelta(0), "7d": timedelta(days=2), "31d": timedelta(days=7, minutes=2)}[
        cap["window"]
    ])  # fmt: skip
    sorts = {
        "contacts": dice.choice([("sms", "sent"), ("post", "sent"), ("call", "called")]),
        "messages": (dice.choice(["sms", "email", "app"]), "sent"),
        "effective_calls": ("call", "answered"),
    }
    channel, kind = sorts.get(cap["counts"], ("call", "called"))
    count = max(0, cap["most"] + dice.choice([-1, 0, 0, 1]))
    return tuple(Contact(first + (last - first) * n / count, channel, kind, "A") for n in range(count))


def midnight_before(dice: random.Random, now: datetime, zone: str) -> datetime:
    """Return a midnight some days ago, so that days since a conversation are tried at their edge."""
    return at_local(clock(now, zone).day - timedelta(days=dice.choice([0, 1, 5, 6, 7, 8])), time(0), zone)


def birth_date(dice: random.Random, s: Situation) -> date | None:
    if dice.random() < 0.8:
        return date(1960, 1, 1) + timedelta(days=dice.randrange(14_000))
    if dice.random() < 0.1:
        return None
    today = s.at.date() if s.at else date(2026, 11, 24)
    years = dice.choice([0, 13, 14, 16, 17, 18, 18, 18, 19, 20, 21])
    day = min(today.day, 28) if today.month == 2 else min(today.day, 30)
    born = date(today.year - years, today.month, day) + timedelta(days=dice.choice([-2, -1, 0, 0, 1, 2]))
    return dice.choice([born, born, LEAPLING, today + timedelta(days=1)])


def said(dice: random.Random, s: Situation) -> tuple[Said, ...]:
    """Agreements, requests and call-backs about now, the last of them at the instant itself."""
    if s.at is None:
        return ()
    shown = [clock(s.at, zone) for zone in s.zones or () if zone not in NO_ZONES]
    near = [read.minute + n for read in shown for n in (-1, 0, 1)] + [0, 540, 1200, 1440]
    days = [read.day for read in shown] or [date(2026, 11, 24)]

    def span() -> str:
        begin, end = sorted(dice.choice(near) % 1441 for _ in range(2))
        text = f"{begin // 60:02d}:{begin % 60:02d}-{end // 60}:{end % 60:02d}"
        return text if dice.random() < 0.9 else dice.choice(["22:00-02:00", "evenings", "", "8:00-25:00", "9-17"])

    topics: dict[str, tuple[tuple[str, ...], Callable[[], str]]] = {
        "hours": (("consent_given", "consent_given", "consent_revoked"), span),
        "outside": (("opted_out", "opted_out", "consent_given"), span),
        "days": (("consent_given", "consent_given", "consent_revoked"), lambda: some_weekdays(dice)),
        "call_back": (("consent_given",), lambda: str(dice.choice(days) + timedelta(days=dice.choice([-1, 0, 0, 1])))),
    }
    told = []
    for n in range(dice.choice([0, 0, 0, 1, 1, 2, 4])):
        topic = dice.choice(sorted(topics))
        kinds, text = topics[topic]
        told.append(Said(s.at - timedelta(hours=n), dice.choice(kinds), f"{topic}:{text()}"))
    return tuple(told)


def some_weekdays(dice: random.Random) -> str:
    return ",".join(dice.sample([*WEEKDAYS, "Saturday", "weekends"], dice.randint(0, 7)))


def _no_number(dice: random.Random) -> float | None:
    return dice.choice([None, 0.0, -0.5, 1.0, 1.5])


def _around(*values: float) -> Callable[[random.Random], float]:
    return lambda dice: math.nextafter(dice.choice(values), dice.choice([-1.0, 0.5, 2.0]))


ODD: dict[str, Callable[[random.Random], Any]] = {
    "purpose": lambda dice: dice.choice(["location_enquiry", "reminder", "visit", None]),
    "roles": lambda dice: tuple(
        dice.sample(
            ["debtor", "co_debtor", "guarantor", "authorised_user", "emergency_contact", "", "Debtor"],
            dice.choice([0, 1, 1, 1, 2, 3]),
        )
    ),
    "channel": lambda dice: dice.choice(["fax", None]),
    "person": lambda _dice: None,
    "has_contact_point": lambda dice: dice.choice([False, None]),
    "relation": lambda dice: dice.choice(["spouse", "employer", "", None]),
    "workplace": lambda dice: dice.choice([True, None]),
    "p_person": lambda dice: dice.choice([_around(0.85, 0.98)(dice), 0.85, 0.98, dice.random(), _no_number(dice)]),
    "p_stranger": lambda dice: dice.choice([_around(0.0015)(dice), 0.0015, 0.5, None]),
    "contradictions": lambda dice: dice.choice(
        [(dice.choice(sorted(CONTRADICTED)),), tuple(sorted(CONTRADICTED)), ("right_party.deceased",), None]
    ),
    "person_in_doubt": lambda dice: dice.choice([True, None]),
    "batch_state": lambda dice: dice.choice(["none", "on_trial", "stopped", "withdrawn", "", None]),
    "batch_room": lambda dice: dice.choice([-1, 1, None]),
    "account_open": lambda dice: dice.choice([False, None]),
    "ledger_consistent": lambda dice: dice.choice([False, None]),
    "amount_due_minor": lambda dice: dice.choice([0, -1, 1, None]),
    "in_flight_minor": lambda dice: dice.choice([-1, 1, None]),
    "days_past_due": lambda dice: dice.choice(
        [-5, 0, 89, 90, 91, *(365 * y + n for y in (2, 3, 5, 6, 10) for n in (-1, 0, 1)), 2**31 - 1, None]
    ),
    "holds": lambda dice: dice.choice([tuple(dice.sample([k.value for k in HoldKind], dice.randint(1, 3))), None]),
    "deceased": lambda dice: dice.choice([True, None]),
    "represented": lambda dice: dice.choice([True, None]),
    "bankrupt": lambda dice: dice.choice([True, None]),
    "opted_out": lambda dice: dice.choice([True, None]),
    "consent_given": lambda dice: dice.choice([False, None]),
    "consent_revoked": lambda dice: dice.choice([True, None]),
    "cease_communication": lambda dice: dice.choice([True, None]),
    "case_open": lambda dice: dice.choice([True, None]),
    "disclosure_level": lambda dice: dice.choice([0, 1, 2, 3, None]),
    "template_available": lambda dice: dice.choice([False, None]),
}
"""What may be otherwise than in a lawful case, and how."""

FORGETTABLE = ("market", "born", "zones", *sorted(set(ODD) - {"roles"}))
