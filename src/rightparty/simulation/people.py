# SPDX-License-Identifier: Apache-2.0
"""Generated people: names, ids, languages, zones and addresses around the real sex and age of each account's holder."""

from datetime import datetime
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rightparty.simulation import names
from rightparty.simulation.numbers import US_REGIONS, US_ZONES

Text = NDArray[np.object_]

UNUSED_AREA: Final = {"CN": "99", "VN": "099", "US": "666"}
"""Beginnings of identity numbers that no authority gives out: GB/T 2260 ends at 82, Vietnam's provinces at 096, and
the Social Security Administration has never assigned area 666."""

ID_TYPES: Final = {"CN": "resident_identity_card", "US": "ssn", "VN": "cccd", "CZ": "rodne_cislo"}
ZONES: Final = {"CN": "Asia/Shanghai", "VN": "Asia/Ho_Chi_Minh", "CZ": "Europe/Prague"}
US_ZONE_SHARES: Final = (0.46, 0.28, 0.05, 0.02, 0.17, 0.01, 0.01)
"""Shares of residents by zone in the order of US_ZONES: rounded, an assumption."""

_REGIONS: Final = {
    "CN": ["北京", "上海", "广东", "江苏", "浙江", "四川", "湖北", "河南", "山东", "福建"],
    "VN": ["Hà Nội", "Hồ Chí Minh", "Đà Nẵng", "Hải Phòng", "Cần Thơ"],
    "CZ": ["Praha", "Jihomoravský", "Moravskoslezský", "Plzeňský"],
}
_STREETS: Final = {
    "CN": ["虚构路", "样本街", "示例大道", "模拟巷"],
    "US": ["Example Street", "Sample Avenue", "Fiction Road"],
    "VN": ["Đường Ví Dụ", "Phố Mẫu", "Đường Thử"],
    "CZ": ["Ukázková", "Vzorová", "Příkladná"],
}
_EMPLOYERS: Final = {
    "CN": ["示例电子有限公司", "样本物流有限公司", "虚构餐饮有限公司", "模拟中学", "示例建筑有限公司"],
    "US": ["Example Foods Inc.", "Sample Logistics LLC", "Fiction School District", "Example Health"],
    "VN": ["Công ty Ví Dụ", "Nhà máy Mẫu", "Trường Thử Nghiệm"],
    "CZ": ["Ukázka s.r.o.", "Vzor a.s.", "Příklad strojírny"],
}
_ID_WEIGHTS: Final = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_ID_CHECKS: Final = "10X98765432"


def make_people(
    dice: np.random.Generator, *, markets: Text, women: NDArray[np.bool_], ages: NDArray[np.int64], as_of: datetime
) -> pl.DataFrame:
    """Return the `parties` table of the portfolio contract, one row per element of `markets`."""
    count = len(markets)
    born = _birthdays(dice, ages, as_of)
    traditional = (dice.random(count) < 0.08) & (markets == "CN")
    zones = np.array([ZONES.get(market, "") for market in markets], dtype=object)
    american = markets == "US"
    zones[american] = np.array(US_ZONES, dtype=object)[dice.choice(len(US_ZONES), american.sum(), p=US_ZONE_SHARES)]
    full, latin = _names(dice, markets, women, traditional)
    regions = _of_market(dice, markets, _REGIONS)
    regions[american] = np.array([US_REGIONS[zone] for zone in zones[american]], dtype=object)
    streets = _of_market(dice, markets, _STREETS)
    # every home is one family's: house and flat follow from the row
    houses = [f"{row % 997 + 1}-{row // 997 + 1}" for row in range(count)]
    return pl.DataFrame(
        {
            "party_id": [f"P{row:06d}" for row in range(1, count + 1)],
            "full_name": full.tolist(),
            "latin_name": latin.tolist(),
            "national_id": _identity_numbers(markets, born, women),
            "national_id_type": [ID_TYPES[market] for market in markets],
            "date_of_birth": born,
            "language": _languages(dice, markets, traditional).tolist(),
            "country": markets.tolist(),
            "time_zone": zones.tolist(),
            "region": regions.tolist(),
            "postcode": [f"{code:05d}" for code in dice.integers(10_000, 99_999, count)],
            "address": [f"{r}, {s} {h}" for r, s, h in zip(regions, streets, houses, strict=True)],
            "employer": _of_market(dice, markets, _EMPLOYERS).tolist(),
        }
    ).with_columns(
        # a fifth of the people have no zone on file: the gate has to take every zone that may be theirs
        time_zone=pl.when(pl.Series(dice.random(count) < 0.2)).then(pl.lit("")).otherwise(pl.col("time_zone")),
        home_zone=pl.Series(zones.tolist()),
        deceased_on=pl.lit(None, pl.Date),
        represented_by=pl.lit(""),
        bankrupt_on=pl.lit(None, pl.Date),
    )


def _birthdays(dice: np.random.Generator, ages: NDArray[np.int64], as_of: datetime) -> pl.Series:
    days = np.datetime64(as_of.date()) - (ages * 365.2425 + dice.integers(0, 365, len(ages))).astype("timedelta64[D]")
    return pl.Series(days)


def _names(dice: np.random.Generator, markets: Text, women: NDArray[np.bool_], traditional: Text) -> tuple[Text, Text]:
    full = np.empty(len(markets), dtype=object)
    latin = np.full(len(markets), "", dtype=object)
    for market in ("CN", "US", "VN", "CZ"):
        rows = np.flatnonzero(markets == market)
        if market == "CN":
            full[rows], latin[rows] = names.chinese_names(dice, len(rows), traditional=traditional[rows])
        elif market == "US":
            full[rows] = names.english_names(dice, len(rows))
        elif market == "VN":
            full[rows] = names.vietnamese_names(dice, len(rows))
        else:
            full[rows] = names.czech_names(dice, len(rows), women=women[rows])
    return full, latin


def _languages(dice: np.random.Generator, markets: Text, traditional: Text) -> Text:
    languages = np.array([{"CN": "zh-Hans", "US": "en", "VN": "vi", "CZ": "cs"}[m] for m in markets], dtype=object)
    languages[traditional.astype(bool)] = "zh-Hant"
    # people who live in one market and read another's language
    elsewhere = dice.random(len(markets))
    languages[(markets == "US") & (elsewhere < 0.04)] = "zh-Hant"
    languages[(markets == "US") & (elsewhere > 0.98)] = "vi"
    languages[(markets != "US") & (elsewhere < 0.01)] = "en"
    return languages


def _of_market(dice: np.random.Generator, markets: Text, stocks: dict[str, list[str]]) -> Text:
    picked = np.full(len(markets), "", dtype=object)
    for market, stock in stocks.items():
        rows = np.flatnonzero(markets == market)
        picked[rows] = np.array(stock, dtype=object)[dice.integers(0, len(stock), len(rows))]
    return picked


def _identity_numbers(markets: Text, born: pl.Series, women: NDArray[np.bool_]) -> list[str]:
    dates = born.dt.strftime("%Y%m%d").to_list()
    return [
        identity_number(market, date, serial, woman=bool(woman))
        for serial, (market, date, woman) in enumerate(zip(markets, dates, women, strict=True))
    ]


def identity_number(market: str, born: str, serial: int, *, woman: bool) -> str:
    """Return an identity number of the market's form that nobody has; China's with a valid check digit (GB 11643)."""
    if market == "CN":
        order = serial % 500 * 2 + (0 if woman else 1)
        body = f"{UNUSED_AREA['CN']}{serial // 500 % 10_000:04d}{born}{order:03d}"
        return body + _ID_CHECKS[int(np.dot(_ID_WEIGHTS, [int(digit) for digit in body])) % 11]
    if market == "US":
        return f"{UNUSED_AREA['US']}-{serial // 10_000 % 99 + 1:02d}-{serial % 10_000:04d}"
    if market == "VN":
        return f"{UNUSED_AREA['VN']}{serial:09d}"
    # a remainder of 2 by 11 is one that no Czech number has
    base = int(f"{born[2:4]}{int(born[4:6]) + (50 if woman else 0):02d}{born[6:]}{serial % 1000:03d}0")
    return f"{base + (2 - base) % 11:010d}"
