# SPDX-License-Identifier: Apache-2.0
"""Instants: always aware, always a parameter. Only faces and workers ask a clock (serves right_time)."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

type Clock = Callable[[], datetime]
"""Something that tells the present instant as an aware datetime."""


class NaiveInstantError(ValueError):
    """An instant came without a zone, so nobody can say when it was."""

    remedy = "Write instants as ISO 8601 with an offset, for example 2026-11-23T10:00:00+08:00."


def require_aware(instant: datetime) -> datetime:
    """Return the instant in UTC.

    Raises:
        NaiveInstantError: the instant carries no zone.
    """
    if instant.tzinfo is None or instant.utcoffset() is None:
        raise NaiveInstantError(f"{instant.isoformat()} has no offset. {NaiveInstantError.remedy}")
    return instant.astimezone(UTC)


def parse_instant(text: str) -> datetime:
    """Return the aware UTC instant written as ISO 8601 with an offset.

    Raises:
        NaiveInstantError: no offset was written.
        ValueError: the text is not ISO 8601.
    """
    return require_aware(datetime.fromisoformat(text.strip()))


@cache
def _zone_names() -> frozenset[str]:
    """Return the zones of this machine; listing them reads hundreds of files, so it is done once."""
    return frozenset(available_timezones()) - {"Factory", "localtime"}  # neither is a place


def is_known_zone(name: str) -> bool:
    """Tell whether the name is an IANA time zone on this machine."""
    return name in _zone_names()


def to_zone(instant: datetime, zone: str) -> datetime:
    """Return the same instant as local time in an IANA zone.

    Raises:
        zoneinfo.ZoneInfoNotFoundError: the zone is unknown.
    """
    return require_aware(instant).astimezone(ZoneInfo(zone))
