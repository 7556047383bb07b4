# SPDX-License-Identifier: Apache-2.0
"""A synthetic portfolio of twelve markets with past contacts, written once in chunks: the input of the benchmark.

Files are as a lender exports them: accounts in the order of their numbers, contacts in no order of persons. A person
has one or two accounts, far apart in the files. The same seed gives the same rows, whatever was written before.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from rightparty.policy.facts import FACTS
from rightparty.policy.over_files import GIVEN_FACTS

AT: Final = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)
"""A Monday: afternoon in Asia, morning in Europe, night in America."""

CHUNK: Final = 500_000
"""Accounts written at once."""

CONTACTS_PER_ACCOUNT: Final = 2

ZONES: Final = {
    "CN": ("Asia/Shanghai",),
    "US": ("America/New_York", "America/Chicago", "America/New_York|America/Los_Angeles", "Pacific/Honolulu"),
    "VN": ("Asia/Ho_Chi_Minh",),
    "ID": ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"),
    "PH": ("Asia/Manila",),
    "IN": ("Asia/Kolkata",),
    "KZ": ("Asia/Almaty",),
    "RU": ("Europe/Moscow", "Asia/Yekaterinburg", "Asia/Vladivostok", "Europe/Moscow|Asia/Novosibirsk"),
    "CZ": ("Europe/Prague",),
    "SK": ("Europe/Bratislava",),
    "GB": ("Europe/London",),
    "HK": ("Asia/Hong_Kong",),
}
"""Market -> zone sets found there."""

_PLACES: Final = [(market, zone_set) for market, zone_sets in ZONES.items() for zone_set in zone_sets]
_CHANNELS: Final = ("sms", "email", "call", "app", "post")
_STRIDE: Final = 7_368_787
"""A prime: consecutive accounts belong to persons far apart."""


def write_portfolio(folder: Path, accounts: int, *, seed: int = 4) -> None:
    """Write `accounts/*.parquet` and `contacts/*.parquet`, twice as many contacts as accounts."""
    for name in ("accounts", "contacts"):
        (folder / name).mkdir(parents=True)
    for part, start in enumerate(range(0, accounts, CHUNK)):
        numbers = np.arange(start, min(start + CHUNK, accounts))
        rng = np.random.default_rng([seed, part])
        _accounts(numbers, accounts, rng).write_parquet(folder / "accounts" / f"{part:04d}.parquet")
        _contacts(numbers.size * CONTACTS_PER_ACCOUNT, accounts, rng).write_parquet(
            folder / "contacts" / f"{part:04d}.parquet"
        )


def _person(numbers: np.ndarray, accounts: int) -> np.ndarray:
    """Return the person of each account: seven persons to ten accounts."""
    return numbers * _STRIDE % max(1, accounts * 7 // 10)


def _ids(prefix: str, numbers: np.ndarray) -> pl.Series:
    return pl.select(pl.format(prefix + "{}", pl.lit(pl.Series(numbers)).cast(pl.String).str.zfill(9))).to_series()


def _accounts(numbers: np.ndarray, accounts: int, rng: np.random.Generator) -> pl.DataFrame:
    person = _person(numbers, accounts)
    places = pl.DataFrame(_PLACES, schema=["market", "zone_set"], orient="row")
    # the market follows the person: one third of Chinese, the rest spread over the others
    place = np.where(person % 3 == 0, 0, person % len(_PLACES))
    size = numbers.size

    def some(rate: float) -> pl.Series:
        return pl.Series(rng.random(size) < rate)

    def few(values: np.ndarray, rate: float) -> pl.Series:
        """Return the values for a share of the rows, null for the rest."""
        return pl.select(pl.when(some(rate)).then(pl.lit(pl.Series(values)))).to_series()

    p_person = np.where(rng.random(size) < 0.8, 0.985 + 0.014 * rng.random(size), rng.random(size))
    facts: dict[str, object] = {
        "purpose": _of(rng, size, ("reminder", "location_enquiry"), (0.999, 0.001)),
        "role": _of(rng, size, ("debtor", "co_debtor", "guarantor", "emergency_contact"), (0.9, 0.05, 0.04, 0.01)),
        "roles_contradict": some(0.001),
        "channel": _of(rng, size, _CHANNELS, (0.6, 0.15, 0.15, 0.08, 0.02)),
        "call_requested": some(0.01),
        "has_contact_point": some(0.98),
        "relation": _of(rng, size, ("self", "spouse", "employer"), (0.97, 0.02, 0.01)),
        "workplace": some(0.02),
        "p_person": p_person,
        "p_stranger": (1 - p_person) * 0.2,
        "contradictions_mask": np.where(rng.random(size) < 0.01, 4, 0),
        "person_in_doubt": some(0.003),
        "batch_state": _of(rng, size, ("none", "trusted", "on_trial", "stopped"), (0.5, 0.47, 0.02, 0.01)),
        "batch_room": np.where(rng.random(size) < 0.5, 0, 100),
        "account_open": some(0.99),
        "ledger_consistent": some(0.999),
        "amount_due_minor": np.where(rng.random(size) < 0.85, rng.integers(1_000, 1_000_000, size), 0),
        "in_flight_minor": np.where(rng.random(size) < 0.02, 2_000_000, 0),
        "days_past_due": np.minimum(rng.geometric(0.02, size) - 1, 4_000),
        "days_since_payment": few(rng.integers(0, 200, size), 0.6),
        "days_since_complaint": few(rng.integers(0, 400, size), 0.02),
        "days_to_promise": few(rng.integers(-5, 15, size), 0.04),
        "currency": _of(rng, size, ("CNY", "USD", "EUR", "INR"), (0.4, 0.2, 0.2, 0.2)),
        "holds_mask": np.where(rng.random(size) < 0.03, 1 << rng.integers(0, 10, size), 0),
        "deceased": some(0.002),
        "age_years": few(rng.integers(17, 90, size), 0.995),
        "represented": some(0.003),
        "bankrupt": some(0.004),
        "opted_out": some(0.03),
        "consent_given": some(0.9),
        "consent_revoked": some(0.02),
        "cease_communication": some(0.003),
        "case_open": some(0.003),
        "disclosure_level": np.where(rng.random(size) < 0.8, 1, 3),
        "template_available": some(0.99),
        "agreed_from_minute": few(np.full(size, 540), 0.02),
        "agreed_to_minute": few(np.full(size, 1_260), 0.02),
        "agreed_days_mask": few(np.full(size, 127), 0.02),
        "requested_from_minute": few(np.full(size, 600), 0.03),
        "requested_to_minute": few(np.full(size, 1_080), 0.03),
    }
    frame = pl.DataFrame({"account_id": _ids("A", numbers), "person_id": _ids("P", person), **facts}).with_columns(
        places[place]
    )
    return frame.select("account_id", "person_id", "zone_set", *(pl.col(n).cast(FACTS[n]) for n in GIVEN_FACTS))


def _of(rng: np.random.Generator, size: int, values: tuple[str, ...], shares: tuple[float, ...]) -> pl.Series:
    return pl.Series(values).gather(pl.Series(rng.choice(len(values), size, p=shares)))


def _contacts(size: int, accounts: int, rng: np.random.Generator) -> pl.DataFrame:
    """Contacts of the last 45 days, most of them with persons who were contacted before."""
    account = (accounts * rng.random(size) ** 1.5).astype(np.int64)
    ago = rng.integers(0, 45 * 24 * 3_600, size)
    channel = _of(rng, size, _CHANNELS, (0.55, 0.15, 0.2, 0.08, 0.02))
    answered = pl.Series(rng.random(size) < 0.3)
    return pl.DataFrame(
        {
            "person_id": _ids("P", _person(account, accounts)),
            "account_id": _ids("A", account),
            "channel": channel,
            "ago": ago,
            "answered": answered,
        }
    ).select(
        "person_id",
        "account_id",
        "channel",
        kind=pl.when(pl.col("channel") != "call")
        .then(pl.lit("sent"))
        .when("answered")
        .then(pl.lit("answered"))
        .otherwise(pl.lit("called")),
        occurred_at=(pl.lit(AT) - pl.duration(seconds="ago")).cast(pl.Datetime("us", "UTC")),
    )
