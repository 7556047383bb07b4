# SPDX-License-Identifier: Apache-2.0
"""In which time zones a person may be, from what is recorded of him. Serves right_time.

The recorded zone decides where there is one. Else the country's zones are taken, all of them where it has several and
the region does not say which. A phone of another country says that he may have moved: its zones are added, so that an
hour must be lawful in all (conflicting information: 12 CFR 1006, comment 6(b)(1)(i)-2).
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import polars as pl

ZONES_OF_COUNTRY: Final[Mapping[str, str]] = {
    "CN": "Asia/Shanghai",
    "HK": "Asia/Hong_Kong",
    "TW": "Asia/Taipei",
    "MO": "Asia/Macau",
    "VN": "Asia/Ho_Chi_Minh",
    "CZ": "Europe/Prague",
    "SK": "Europe/Bratislava",
    "DE": "Europe/Berlin",
    "PL": "Europe/Warsaw",
    "GB": "Europe/London",
    "SG": "Asia/Singapore",
    "JP": "Asia/Tokyo",
    "KR": "Asia/Seoul",
    "IN": "Asia/Kolkata",
    "PH": "Asia/Manila",
    "ID": "Asia/Jakarta|Asia/Makassar|Asia/Jayapura",
    # the extremes and those between: Puerto Rico to Hawaii
    "US": "America/New_York|America/Chicago|America/Denver|America/Phoenix|America/Los_Angeles|America/Anchorage"
    "|Pacific/Honolulu",
}
"""Country -> its zones joined by `|`. From: the IANA zone.tab, main zones. A country not listed has none: withheld."""

_EASTERN, _CENTRAL, _MOUNTAIN, _PACIFIC = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"
_BY_ZONE: Final[Mapping[str, str]] = {
    _EASTERN: "CT DC DE GA MA MD ME NC NH NJ NY OH PA RI SC VA VT WV",
    _CENTRAL: "AL AR IA IL LA MN MO MS OK WI",
    _MOUNTAIN: "CO MT NM UT WY",
    _PACIFIC: "CA NV WA",
    "America/Phoenix": "AZ",
    "Pacific/Honolulu": "HI",
    "America/Anchorage|America/Adak": "AK",
    f"{_EASTERN}|{_CENTRAL}": "FL IN KY MI TN",
    f"{_CENTRAL}|{_MOUNTAIN}": "KS ND NE SD TX",
    f"{_MOUNTAIN}|{_PACIFIC}": "ID OR",
}
ZONES_OF_US_STATE: Final[Mapping[str, str]] = {
    state: zones for zones, states in _BY_ZONE.items() for state in states.split()
}
"""Postal code of the state -> its zones. From: 49 CFR part 71."""

_COUNTRY_OF_CODE: Final[Mapping[str, str]] = {
    "+852": "HK", "+853": "MO", "+886": "TW", "+420": "CZ", "+421": "SK", "+86": "CN", "+84": "VN", "+49": "DE",
    "+48": "PL", "+44": "GB", "+65": "SG", "+81": "JP", "+82": "KR", "+91": "IN", "+63": "PH", "+62": "ID", "+1": "US",
}  # fmt: skip


def country_of_phone(value: pl.Expr) -> pl.Expr:
    """Return the country of a phone in E.164, null if its calling code is not listed."""
    longest_first = sorted(_COUNTRY_OF_CODE, key=len, reverse=True)
    return pl.coalesce(
        *(pl.when(value.str.starts_with(code)).then(pl.lit(_COUNTRY_OF_CODE[code])) for code in longest_first)
    )


def with_zone_set(people: pl.DataFrame, phones: pl.DataFrame) -> pl.DataFrame:
    """Add zone_set: every zone the person may be in, joined by `|` in order, '' if none is known.

    Shape: people [party_id, country, region, time_zone, …], phones [party_id, value] -> people + zone_set.
    """
    found = phones.select("party_id", phone_country=_COUNTRY_OF_VALUE)
    if _is_everybody_at_home(people["country"], found["phone_country"]):
        joined = people.with_columns(abroad=pl.lit(None, pl.String))
    else:
        foreign = (
            found.drop_nulls()
            .unique()
            .join(people.select("party_id", "country"), on="party_id")
            .filter(pl.col("phone_country") != pl.col("country"))
            .with_columns(abroad=_zones_of(pl.col("phone_country")))
            .group_by("party_id")
            .agg(pl.col("abroad").unique().sort().str.join("|"))
        )
        joined = people.join(foreign, on="party_id", how="left", maintain_order="left")
    places = joined.select(*_PLACE).unique()
    if places.height == 1:
        return joined.drop("abroad").with_columns(zone_set=pl.lit(_zones_of_places(places)["zone_set"][0], pl.String))
    return joined.join(_zones_of_places(places), on=_PLACE, how="left", nulls_equal=True, maintain_order="left").drop(
        "abroad"
    )


def _is_everybody_at_home(home: pl.Series, of_phone: pl.Series) -> bool:
    """Tell whether all are of one country, and so are all phones of which the country is known."""
    places, seen = home.unique(), of_phone.unique().drop_nulls()
    return places.len() == 1 and seen.is_in(places.implode()).all()


_COUNTRY_OF_VALUE: Final = country_of_phone(pl.col("value"))
_PLACE: Final = ["country", "region", "time_zone", "abroad"]


def _zones_of_places(places: pl.DataFrame) -> pl.DataFrame:
    """Add zone_set to the distinct places, of which there are few."""
    told = [_zones_of_place(*place) for place in places.select(*_PLACE).iter_rows()]
    return places.with_columns(zone_set=pl.Series(told, dtype=pl.String))


@lru_cache(maxsize=10_000)
def _zones_of_place(country: str | None, region: str | None, time_zone: str | None, abroad: str | None) -> str:
    zones = time_zone or ZONES_OF_COUNTRY.get(country or "", "")
    if country == "US" and not time_zone:
        zones = ZONES_OF_US_STATE.get((region or "").upper().removeprefix("US-"), zones)
    if not zones:
        # where home is not known, a phone alone does not tell where the person is
        return ""
    return "|".join(sorted({*zones.split("|"), *(abroad or "").split("|")} - {""}))


def _zones_of(country: pl.Expr) -> pl.Expr:
    return country.replace_strict(dict(ZONES_OF_COUNTRY), default=None, return_dtype=pl.String)
