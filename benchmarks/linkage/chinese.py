# SPDX-License-Identifier: Apache-2.0
"""A made-up Chinese portfolio with families, and who is whom in it.

Households of one to five: couples with their own surnames, children with the father's, now and then twins. A fifth of
the people stand in the file a second time (3 % a third time), the way such files go wrong: other characters of the
same sound, traditional characters, pinyin, a masked character, a masked or mistyped number, swapped or filled birth
dates, a new phone, a move. Families share numbers. A few people share name and birth date with a stranger. All rates
are assumed.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from opencc import OpenCC
from pypinyin import lazy_pinyin

from rightparty.parties.linkage.surnames import ALIKE, SHARES

type Text = NDArray[np.object_]

GIVEN: Final = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红建国文斌波辉鹏宇浩凯健俊帆雪梅琳欣怡佳琪思雨晨曦梓涵子轩"
    "博诗婷慧颖萍玲丹莉蕾薇琴云飞龙虎福海江山川峰林森松柏春夏秋冬东南西北中立志成功业家安康乐天晓晴宁静远程方正义仁礼"
    "智信忠孝廉良善美真如意吉祥瑞麟凤鸣翔翼腾达兴旺昌盛荣耀光明亮清澈泉溪河湖洁冰霜露"
)
TAIL: Final = (
    "曹彭曾田潘袁蔡蒋余杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫雷龙黎史陶贺毛郝顾龚邵万"
    "覃武钱戴严莫孔向常汤单仇解查乐区盖朴翟章"
)
_WEIGHTS: Final = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_CHECKS: Final = np.array(list("10X98765432"))
_SWAP: Final = {b: group[0] for group in ALIKE for b in group[1:]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """Records and who they are."""

    people: pl.DataFrame
    points: pl.DataFrame
    #: [party_id, human, household]
    truth: pl.DataFrame


def chinese_portfolio(records: int, dice: np.random.Generator) -> Portfolio:
    """Return about so many records of people in families."""
    humans = _humans(int(records / 1.23), dice)
    count = humans.height
    again = np.flatnonzero(dice.random(count) < 0.20)
    third = again[dice.random(len(again)) < 0.15]
    rows = np.concatenate([np.arange(count), again, third])
    noisy = np.concatenate([np.zeros(count, bool), np.ones(len(again) + len(third), bool)])
    order = dice.permutation(len(rows))
    rows, noisy = rows[order], noisy[order]
    frame = humans[rows].with_columns(
        noisy=pl.Series(noisy), party_id=pl.Series([f"P{i:07d}" for i in range(len(rows))])
    )
    records_ = _records(frame, dice)
    return Portfolio(people=records_, points=_points(frame, dice), truth=frame.select("party_id", "human", "household"))


def _humans(count: int, dice: np.random.Generator) -> pl.DataFrame:
    """Return people in households: [human, household, surname, given, birth, number, phone, street]."""
    sizes = dice.choice([1, 2, 3, 4, 5], count, p=[0.25, 0.25, 0.28, 0.15, 0.07])
    household = np.repeat(np.arange(count), sizes)[:count]
    place = np.arange(count) - np.searchsorted(household, household)
    surnames, shares = _surname_shares()
    surname = surnames[dice.choice(len(surnames), count, p=shares)]
    head = np.searchsorted(household, household)
    surname = np.where((place >= 2), surname[head], surname)
    age = np.where(place < 2, dice.integers(25, 70, count), 0)
    age = np.where(place >= 2, np.maximum(age[head] - dice.integers(20, 35, count), 1), age)
    birth = np.datetime64("2026-06-01") - (age * 365.2425 + dice.integers(0, 365, count)).astype("timedelta64[D]")
    twin = (place >= 3) & (dice.random(count) < 0.03)
    birth = np.where(twin, birth[np.arange(count) - 1], birth)
    given = _given(count, dice)
    _add_namesakes(dice, surname, given, birth)
    area = dice.integers(0, 300, count)[head]
    phone = dice.permutation(count) + 13_000_000_000
    shares_phone = (place > 0) & (dice.random(count) < np.where(place >= 2, 0.35, 0.08))
    return pl.DataFrame({
        "human": np.arange(count), "household": household, "surname": surname.tolist(), "given": given.tolist(),
        "birth": birth, "phone": np.where(shares_phone, phone[head], phone), "area": area,
        "street": dice.integers(0, 120, count)[head], "house": dice.integers(1, 400, count)[head],
        "flat": dice.integers(101, 2500, count)[head],
        "number": _numbers(birth, area, dice),
    })  # fmt: skip


def _surname_shares() -> tuple[Text, NDArray[np.float64]]:
    known = {name: share for name, share in SHARES.items() if not name.isascii()}
    rest = 1 - sum(known.values())
    tail = [name for name in TAIL if name not in known] + ["欧阳", "司马", "上官", "诸葛", "尉迟"]
    weights = 1 / (np.arange(len(tail)) + 8.0)
    names = np.array([*known, *tail], dtype=object)
    shares = np.concatenate([list(known.values()), rest * weights / weights.sum()])
    return names, shares / shares.sum()


def _given(count: int, dice: np.random.Generator) -> Text:
    letters = np.array(list(dict.fromkeys(GIVEN)), dtype=object)
    weights = 1 / (np.arange(len(letters)) + 10.0)
    first, second = (letters[dice.choice(len(letters), count, p=weights / weights.sum())] for _ in range(2))
    return np.where(dice.random(count) < 0.2, first, first + second)


def _add_namesakes(dice: np.random.Generator, surname: Text, given: Text, birth: NDArray[np.datetime64]) -> None:
    """Give a few people the name and birth date of a stranger."""
    count = len(surname)
    some = dice.integers(0, count, max(count // 4_000, 2))
    others = dice.integers(0, count, len(some))
    surname[some], given[some], birth[some] = surname[others], given[others], birth[others]


def _numbers(birth: NDArray[np.datetime64], area: NDArray[np.int64], dice: np.random.Generator) -> list[str]:
    """Return resident numbers with their check digit, of areas that do not exist (99….)."""
    days = np.char.replace(np.datetime_as_string(birth, unit="D"), "-", "")
    body = [f"99{a:04d}{day}{n:03d}" for a, day, n in zip(area, days, dice.integers(0, 1000, len(area)), strict=True)]
    digits = np.array(body, dtype="U17").view("U1").reshape(-1, 17).astype(np.int64)
    return [b + c for b, c in zip(body, _CHECKS[(digits * _WEIGHTS).sum(axis=1) % 11], strict=True)]


def _records(frame: pl.DataFrame, dice: np.random.Generator) -> pl.DataFrame:
    count = frame.height
    noisy = frame["noisy"].to_numpy()

    def some(share: float) -> NDArray[np.bool_]:
        return noisy & (dice.random(count) < share)

    surname, given = (np.array(frame[name].to_list(), dtype=object) for name in ("surname", "given"))
    given = _where(some(0.05), given, _homophone)
    given = _where(some(0.02), given, lambda name: "".join(_SWAP.get(letter, letter) for letter in name))
    full = surname + given
    full = _where(some(0.08), full, _traditional)
    full = _where(some(0.03), full, lambda name: name[0] + "*" + name[2:])
    latin = some(0.04)
    full = _where(latin, full, lambda name: f"{_pinyin(name[0])} {''.join(_pinyin(c) for c in name[1:])}".title())
    birth = _births(frame["birth"].to_numpy(), some, dice)
    moved = some(0.25)
    house = np.where(moved, dice.integers(1, 400, count), frame["house"].to_numpy())
    street = np.where(moved, dice.integers(0, 120, count), frame["street"].to_numpy())
    area = np.where(moved & (dice.random(count) < 0.5), dice.integers(0, 300, count), frame["area"].to_numpy())
    terse = some(0.3)
    address = [
        f"{_street(s)}{h}{'-' if short else '号'}{f}{'' if short else '室'}"
        for s, h, f, short in zip(street, house, frame["flat"], terse, strict=True)
    ]
    return frame.select(
        "party_id", full_name=pl.Series(full.tolist(), dtype=pl.String), latin_name=pl.lit(""),
        national_id=pl.Series(_ids(frame, some, dice), dtype=pl.String),
        national_id_type=pl.lit("resident_identity_card"), date_of_birth=birth, country=pl.lit("CN"),
        region=pl.lit(""), postcode=pl.format("99{}", pl.Series(area).cast(pl.String).str.zfill(4)),
        address=pl.Series(address), language=pl.lit("zh-Hans"),
    )  # fmt: skip


def _births(birth: NDArray[np.datetime64], some: object, dice: np.random.Generator) -> pl.Series:
    days = birth.astype("datetime64[D]").astype(object)
    out = list(days)
    for row in np.flatnonzero(some(0.012)):  # type: ignore[operator]
        day = days[row]
        out[row] = day.replace(month=day.day, day=day.month) if day.day <= 12 else day
    for row in np.flatnonzero(some(0.02)):  # type: ignore[operator]
        out[row] = days[row].replace(year=days[row].year - int(dice.choice([1, 10])), day=min(days[row].day, 28))
    for row in np.flatnonzero(some(0.02)):  # type: ignore[operator]
        out[row] = days[row].replace(month=1, day=1)
    for row in np.flatnonzero(some(0.15)):  # type: ignore[operator]
        out[row] = None
    return pl.Series(out, dtype=pl.Date)


def _ids(frame: pl.DataFrame, some: object, dice: np.random.Generator) -> list[str]:
    numbers = frame["number"].to_list()
    for row in np.flatnonzero(dice.random(len(numbers)) < 0.10):
        numbers[row] = ""
    for row in np.flatnonzero(some(0.25)):  # type: ignore[operator]
        numbers[row] = ""
    for row in np.flatnonzero(some(0.15)):  # type: ignore[operator]
        numbers[row] = numbers[row] and numbers[row][:6] + "*" * 8 + numbers[row][14:]
    for row in np.flatnonzero(some(0.03)):  # type: ignore[operator]
        at = int(dice.integers(0, 16))
        numbers[row] = numbers[row] and numbers[row][:at] + str(dice.integers(0, 10)) + numbers[row][at + 1 :]
    return numbers


def _points(frame: pl.DataFrame, dice: np.random.Generator) -> pl.DataFrame:
    count, noisy = frame.height, frame["noisy"].to_numpy()
    changed = noisy & (dice.random(count) < 0.35)
    phone = np.where(changed, dice.integers(0, 10**9, count) + 14_000_000_000, frame["phone"].to_numpy())
    kept = dice.random(count) > 0.05
    phones = frame.select(
        "party_id", channel=pl.lit("phone"), value=pl.format("+86{}", pl.Series(phone)), relation=pl.lit("self")
    ).filter(pl.Series(kept))
    mails = frame.filter(pl.Series(dice.random(count) < 0.3)).select(
        "party_id", channel=pl.lit("email"), value=pl.format("h{}@example.com", "human"), relation=pl.lit("self")
    )
    return pl.concat([phones, mails])


def _where(mask: NDArray[np.bool_], texts: Text, change: object) -> Text:
    out = texts.copy()
    for row in np.flatnonzero(mask):
        out[row] = change(out[row])  # type: ignore[operator]
    return out


@cache
def _homophones() -> dict[str, str]:
    """Characters to another of the same sound."""
    by_sound: dict[str, list[str]] = {}
    for letter in dict.fromkeys(
        GIVEN + "玮炜敬镜丽莉力励芳方昉强蔷磊蕾军君均洋扬阳勇永泳涛韬超抄平萍苹英瑛颖辉晖会慧宇雨羽"
    ):
        by_sound.setdefault(_pinyin(letter), []).append(letter)
    return {a: group[(place + 1) % len(group)] for group in by_sound.values() for place, a in enumerate(group)}


def _homophone(name: str) -> str:
    return _homophones().get(name[0], name[0]) + name[1:]


@cache
def _pinyin(letter: str) -> str:
    return str(lazy_pinyin(letter)[0])


@cache
def _traditional(name: str) -> str:
    return str(OpenCC("s2t").convert(name)) if len(name) < 1 else "".join(_traditional_letter(c) for c in name)


@cache
def _traditional_letter(letter: str) -> str:
    return str(_s2t().convert(letter))


@cache
def _s2t() -> OpenCC:
    return OpenCC("s2t")


def _street(number: int) -> str:
    names = ["建国", "人民", "中山", "解放", "和平", "长江", "黄河", "南京", "北京", "上海", "光明", "胜利"]
    return (
        names[number % 12] + ["路", "街", "大道", "巷", "里", "东路", "西路", "南路", "北路", "中路"][number // 12 % 10]
    )
