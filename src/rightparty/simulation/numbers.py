# SPDX-License-Identifier: Apache-2.0
"""Phone numbers and mail addresses that are nobody's.

United States: the line numbers 555-0100 to 555-0199, set aside for fiction in every area code (ATIS-0300115);
`phonenumbers` holds them valid. China: +86 154, Vietnam: +84 54, Czechia: +420 710 are mobile prefixes given to no
operator; they are possible numbers of the right length (`is_possible_number`), not assigned ones
(`is_valid_number` says no), which is the point. Mail: `.example` (RFC 2606).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Text = NDArray[np.object_]

UNASSIGNED: Final = {"CN": ("+86154", 8), "VN": ("+8454", 7), "CZ": ("+420710", 6)}
"""Prefix and number of digits after it."""

AREA_CODES: Final = {
    "America/New_York": (
        "201 202 203 207 212 215 216 239 240 267 301 302 304 305 315 321 330 336 339 347 351 352 386 401 "
        "404 407 410 412 413 419 440 443 475 484 508 513 516 518 540 551 561 570 571 585 603 607 610 614 "
        "617 631 646 678 703 704 706 716 717 718 724 727 732 740 754 757 770 772 774 781 786 802 803 804 "
        "813 814 828 843 845 848 856 857 860 862 863 864 904 908 910 912 914 917 919 937 941 954 973 978 "
        "980"
    ),
    "America/Chicago": (
        "205 210 214 217 218 224 225 228 251 254 256 262 281 309 312 314 316 318 319 320 331 334 337 361 "
        "402 405 409 414 417 430 432 469 479 501 504 507 512 515 563 573 580 601 608 612 615 618 630 636 "
        "651 662 682 708 712 713 715 731 763 769 773 815 816 817 830 832 847 870 901 903 913 918 920 936 "
        "940 952 956 972 979 985"
    ),
    "America/Denver": "303 307 385 406 435 505 575 719 720 801 970",
    "America/Phoenix": "480 520 602 623 928",
    "America/Los_Angeles": (
        "206 209 213 253 310 323 360 408 415 424 425 503 509 510 530 541 559 562 619 626 650 661 702 707 "
        "714 760 775 805 818 831 858 909 916 925 949 951 971"
    ),
    "America/Anchorage": "907",
    "Pacific/Honolulu": "808",
}
"""Area codes by time zone (those lying in one zone only). From: the NANPA area code maps."""

US_ZONES: Final = tuple(AREA_CODES)
US_REGIONS: Final = dict(zip(US_ZONES, ("NY", "IL", "CO", "AZ", "CA", "AK", "HI"), strict=True))
FICTION_LINES: Final = 100
"""555-0100 to 555-0199."""


class NumberStock:
    """Hands out numbers, each at most once."""

    def __init__(self, dice: np.random.Generator) -> None:
        self._dice = dice
        self._taken = dict.fromkeys(UNASSIGNED, 0)
        self._us = {zone: self._shuffled_us(zone) for zone in US_ZONES}
        self._us_taken = dict.fromkeys(US_ZONES, 0)

    def take(self, markets: Text, zones: Text) -> Text:
        """Return one fresh number for each row; a US row's area code lies in its zone while the zone has any left."""
        numbers = np.empty(len(markets), dtype=object)
        for market in UNASSIGNED:
            rows = np.flatnonzero(markets == market)
            numbers[rows] = self._unassigned(market, len(rows))
        for zone in US_ZONES:
            rows = np.flatnonzero((markets == "US") & (zones == zone))
            numbers[rows] = self._of_zone(zone, len(rows))
        return numbers

    def _unassigned(self, market: str, count: int) -> list[str]:
        prefix, digits = UNASSIGNED[market]
        size = 10**digits
        start = self._taken[market]
        self._taken[market] += count
        # a stride coprime to ten walks the whole range once, without neighbours in a row
        return [f"{prefix}{(i * 7_654_321 + 1_234_567) % size:0{digits}d}" for i in range(start, start + count)]

    def _shuffled_us(self, zone: str) -> Text:
        area = np.array(AREA_CODES[zone].split(), dtype=object)
        lines = np.array([f"55501{line:02d}" for line in range(FICTION_LINES)], dtype=object)
        return np.asarray(self._dice.permutation(("+1" + area[:, None] + lines[None, :]).ravel()), dtype=object)

    def _of_zone(self, zone: str, count: int) -> Text:
        start = self._us_taken[zone]
        here = self._us[zone][start : start + count]
        self._us_taken[zone] += len(here)
        if len(here) == count:
            return here
        # a zone of one area code runs dry: the rest brought their numbers along from the largest zone
        if zone == US_ZONES[0]:
            raise ValueError(f"the fictional numbers of the United States are used up: {self._us_taken}")
        return np.concatenate([here, self._of_zone(US_ZONES[0], count - len(here))])


def mistyped(dice: np.random.Generator, numbers: Text) -> Text:
    """Return each number with one digit of its last two changed: inside the same unassigned range."""
    changed = numbers.copy()
    places = dice.integers(1, 3, len(numbers))
    steps = dice.integers(1, 10, len(numbers))
    for row, (place, step) in enumerate(zip(places, steps, strict=True)):
        number = str(numbers[row])
        digit = (int(number[-place]) + int(step)) % 10
        changed[row] = f"{number[: len(number) - place]}{digit}{number[len(number) - place + 1 :]}"
    return changed
