# SPDX-License-Identifier: Apache-2.0
"""Weaves what is on file about each person and value into one ordered stream of evidence, compiled. Serves right_party.

Events come as packed numbers, `kind` in the lowest `KIND_BITS` bits of the instant in microseconds, grouped by value.
Correlated evidence counts once: a kind counts once a day, and of a day's log-ins and one-time codes only one, so that
neither a retry storm nor two reports of one thing with clocks an hour apart weigh twice. What a person does counts for
him only if the event names him: evidence without a name can contradict, never confirm.

Units: days since 1970; instants in microseconds since 1970.
"""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from rightparty.parties.attribution.filter import Floats, Ints
from rightparty.parties.attribution.kinds import CODE, ENGAGED, HOLDER, KINDS
from rightparty.parties.attribution.parameters import CAPTURES
from rightparty.parties.attribution.recognise import NOBODY, Numbers, Prints, find, print_at

type Codes = NDArray[np.int8]
type Days = NDArray[np.int32]
type Flags = NDArray[np.bool_]

KIND_BITS: Final = 5
_KIND: Final = (1 << KIND_BITS) - 1

NAMELESS: Final = 2**32 - 1
"""The party of an event that names nobody."""

STRANGE: Final = 2**32 - 2
"""The party of an event that names somebody under whom the value is not recorded."""

NEVER: Final = -(2**62)
"""An instant before all others: it did not happen."""

SHARED: Final = 2**32 - 1
"""The person of a value that is recorded under several."""

NO_DAY: Final = -(2**31)
"""The day of `since` where an event gives none."""

CAPTURE_DAYS: Final = 2.0
"""A log-in or one-time code so soon after the collection belongs to it."""

MOST_LATER: Final = 4
"""So many points given after the next one count as well."""

YEAR: Final = 365.25
PER_DAY: Final = 86_400_000_000

OWN, AGAINST, OF_VALUE = 0, 1, 2
"""Whom an event counts for: whom it names; the same and, if it names nobody, everybody; everybody."""

_SIGNS: Final = (*ENGAGED, "restated", "delivered", "status_live", "holder_same", "subscriber_matches")

IS_ENGAGED: Final[Flags] = np.array([kind in ENGAGED for kind in KINDS])
IS_SIGN: Final[Flags] = np.array([kind in _SIGNS for kind in KINDS])
"""What shows that a value is in use: after it, whoever had it keeps it for a quarantine at least."""

_OTP, _LOGIN, _CONTACT = CODE["otp_verified"], CODE["login"], CODE["contact"]
_DELIVERED, _UNDELIVERED, _UNKNOWN = CODE["delivered"], CODE["undelivered"], CODE["unknown_subscriber"]
_WRONG, _DIFFERS = CODE["wrong_party"], CODE["name_differs"]
_REASSIGNED, _NEWER, _LIVE = CODE["reassigned"], CODE["newer_point"], CODE["status_live"]
_SAME, _CHANGED = HOLDER
_PLAIN, _CONFIRMED, _CLAIMED, _BOTH, _CROWD = range(len(CAPTURES))

_TRIED: Final = (1 << _DELIVERED) | (1 << _UNDELIVERED) | (1 << _UNKNOWN) | (1 << _CONTACT)
_FAILED: Final = (1 << _UNDELIVERED) | (1 << _UNKNOWN)


def cores() -> int:
    """Return how many processors there are to use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def side_by_side[Part, Told](run: Callable[[Part], Told], parts: Iterable[Part]) -> list[Told]:
    """Return what each part yields, in their order; several are run on all cores, one without any thread."""
    every = list(parts)
    if len(every) < 2:
        return [run(part) for part in every]
    with ThreadPoolExecutor(cores()) as pool:
        return list(pool.map(run, every))


@njit(cache=True, nogil=True)
def recognise_events(
    one: Prints, two: Prints, who: Prints, kind: NDArray[np.uint8], has_failed: Flags, instant: Ints, day: Days,
    counts: Flags, values: Prints, party: Prints, p: Numbers, shared: Prints, p_shared: Numbers, codes: Ints,
    is_strong: Flags, v: Numbers, keys: Ints, named: Numbers, since: Days, foreign: NDArray[np.uint32],
) -> tuple[int, int, bool]:  # fmt: skip
    """Write value, packed key, person and day of the events that count at known values.

    `foreign` takes the rows, and the values, of log-ins and codes that are not those of the one person there. Returns
    how many events there are, how many of them are foreign, and whether any tells a day.
    """
    count, strangers, has_since = 0, 0, False
    for e in range(len(one)):
        here = find(one[e], two[e], values) if counts[e] else NOBODY
        if here == NOBODY:
            continue
        is_own, name = False, NAMELESS
        if who[e] != 0:
            is_own = p[here] != SHARED and party[here] == who[e]
            name = p[here] if is_own else STRANGE
            if p[here] == SHARED:
                found = find(print_at(who[e], np.uint64(here)), who[e], shared)
                name = STRANGE if found == NOBODY else p_shared[found]
        code = _UNKNOWN if has_failed[e] else codes[kind[e]]
        v[count], keys[count], named[count], since[count] = here, (instant[e] << KIND_BITS) + code, name, day[e]
        has_since |= day[e] != NO_DAY
        count += 1
        if is_strong[kind[e]] and who[e] != 0 and not is_own:
            foreign[0, strangers], foreign[1, strangers] = e, here
            strangers += 1
    return count, strangers, has_since


@njit(cache=True, nogil=True)
def tally(values: Numbers, counts: Ints) -> None:
    """Count the events of each value."""
    for e in range(len(values)):
        counts[values[e]] += 1


@njit(cache=True, nogil=True)
def place(
    begin: int, stop: int, values: Numbers, keys: Ints, named: Numbers, since: Days, free: Ints, all_keys: Ints,
    all_named: Numbers, all_since: Days,
) -> None:  # fmt: skip
    """Put events at the values `begin` to `stop` to those of their values; `free` is each value's next free place."""
    for e in range(len(values)):
        if values[e] < begin or values[e] >= stop:
            continue
        here = free[values[e]]
        free[values[e]] = here + 1
        all_keys[here] = keys[e]
        all_named[here] = named[e]
        if len(since):
            all_since[here] = since[e]


@njit(cache=True, nogil=True)
def _reorder(ranks: Ints, keys: Ints, named: Numbers, since: Days) -> None:
    """Put some events into an order."""
    keys[:] = keys[ranks]
    named[:] = named[ranks]
    if len(since):
        since[:] = since[ranks]


@njit(cache=True, nogil=True)
def order(begin: int, stop: int, offsets: Ints, keys: Ints, named: Numbers, since: Days) -> None:
    """Order the events of the values `begin` to `stop` by instant."""
    for v in range(begin, stop):
        first, last = offsets[v], offsets[v + 1]
        if last - first > 48 or len(since):
            ranks = np.argsort(keys[first:last], kind="mergesort")
            _reorder(ranks, keys[first:last], named[first:last], since[first:last])
            continue
        for e in range(first + 1, last):
            key, name, k = keys[e], named[e], e
            while k > first and keys[k - 1] > key:
                keys[k], named[k] = keys[k - 1], named[k - 1]
                k -= 1
            keys[k], named[k] = key, name


@njit(cache=True, nogil=True)
def _after(
    place: int, well_after: float, told: Floats, own: float, newer: Floats, count: int, later: Ints, later_days: Floats
) -> int:
    """Write when the person gave other points well after one of his; that he gives that one himself is no newer one."""
    first, found = int(np.searchsorted(told, well_after, side="right")), -1
    its_own = int(np.searchsorted(told, own)) if own > well_after else -1
    for other in range(first, min(first + MOST_LATER + 2, len(told))):
        if other == its_own or found == MOST_LATER:
            continue
        found += 1
        if found == 0:
            newer[place] = told[other]
            continue
        if count < len(later):
            later[count], later_days[count] = place, told[other]
        count += 1
    return count


@njit(cache=True, nogil=True)
def follow_up(run: Numbers, since: Floats, given: Floats, newer: Floats, later: Ints, later_days: Floats) -> int:
    """Write to `newer` when the person gave his next point of the channel, if well after this one.

    Points of one person and channel are a run, in order of value; `since` is the day on which each was first recorded
    as his own, `given` the day on which he gave it himself; infinity for never. The points that he gave after the
    next one, MOST_LATER at most, go to `later` (place of the older point) and `later_days`, as far as there is room;
    returns how many there are.
    """
    count, begin = 0, 0
    while begin < len(run):
        stop = begin + 1
        while stop < len(run) and run[stop] == run[begin]:
            stop += 1
        if stop - begin > 1:
            told = np.sort(given[begin:stop])
            told = told[: np.searchsorted(told, np.inf)]
            for place in range(begin, stop):
                count = _after(place, since[place] + CAPTURE_DAYS, told, given[place], newer, count, later, later_days)
        begin = stop
    return count


@njit(cache=True, nogil=True)
def level_of_peers(
    party: Numbers, acts: Numbers, parties: int, least: tuple[int, ...], peers: NDArray[np.int16]
) -> None:
    """Write how busy each person was elsewhere: 0 without another point, else 1 and more."""
    total, points = np.zeros(parties, np.int64), np.zeros(parties, np.int64)
    for i in range(len(party)):
        total[party[i]] += acts[i]
        points[party[i]] += 1
    for i in range(len(party)):
        peers[i] = 0
        if points[party[i]] > 1:
            peers[i] = 1
            for bound in least:
                if total[party[i]] - acts[i] >= bound:
                    peers[i] += 1


@njit(cache=True, nogil=True)
def room_for(begin: int, stop: int, points: Ints, offsets: Ints, extra: Ints, crowd: int) -> int:
    """Return how long the streams of the values `begin` to `stop` are at most."""
    room = 0
    for v in range(begin, stop):
        persons, events = points[v + 1] - points[v], offsets[v + 1] - offsets[v]
        room += 2 * events * (1 if persons > crowd else persons) + persons + extra[points[v + 1]] - extra[points[v]]
    return room


@njit(cache=True, nogil=True)
def _what(key: int, start: float, since: int) -> int:
    """Return the kind that an event is for a person; -1 if it is none of his.

    Who was asked of since a later day may have come before it: that says no more than that somebody is there. A change
    before the person was known there is none of his.
    """
    kind = key & _KIND
    if kind == _SAME and (since == NO_DAY or since > start + 1):
        return _LIVE
    if kind == _CHANGED and since != NO_DAY and since < start - 1:
        return -1
    return kind


@njit(cache=True, nogil=True)
def _insert(day: float, kind: int, days: Floats, kinds: Codes, first: int, count: int) -> int:
    """Insert a piece of evidence by its day, behind what has the same; returns the new count."""
    k = count
    while k > first and days[k - 1] > day:
        days[k], kinds[k] = days[k - 1], kinds[k - 1]
        k -= 1
    days[k], kinds[k] = day, kind
    return count + 1


@njit(cache=True, nogil=True)
def _tell_day(mask: int, last: Floats, attempt: float, days: Floats, kinds: Codes, count: int) -> int:
    """Write one day: an attempt before its outcome, every kind once, at its last instant; returns the new count."""
    first = count
    arrived, failed = mask & (1 << _DELIVERED), mask & _FAILED
    # what did not arrive cannot be answered: its silence says nothing
    if mask & _TRIED and (arrived or not failed):
        days[count], kinds[count] = attempt, _CONTACT
        count += 1
    for kind in range(len(KINDS)):
        is_seen = mask & (1 << kind) and kind != _CONTACT
        if is_seen and not (kind == _LOGIN and mask & (1 << _OTP)):
            count = _insert(last[kind], kind, days, kinds, first, count)
    return count


@njit(cache=True, nogil=True)
def _tell(
    days: Floats, kinds: Codes, size: int, begins: float, captured: float, last: Floats, all_days: Floats,
    all_kinds: Codes, count: int,
) -> int:  # fmt: skip
    """Write a person's stream from what was met, in order of time; returns where it ends.

    What was met before the history begins does not count, nor a log-in or code before `captured`: it belongs to the
    collection.
    """
    mask, attempt, date = 0, 0.0, 0.0
    for n in range(size):
        day, kind = days[n], kinds[n]
        if day < begins or (day < captured and kind in (_OTP, _LOGIN)):
            continue
        if mask and np.floor(day) != date:
            count = _tell_day(mask, last, attempt, all_days, all_kinds, count)
            mask = 0
        date = np.floor(day)
        if (1 << kind) & _TRIED and not mask & _TRIED:
            attempt = day
        mask |= 1 << kind
        last[kind] = day
    return _tell_day(mask, last, attempt, all_days, all_kinds, count) if mask else count


@njit(cache=True, nogil=True)
def _meet(
    first: int, last: int, me: int, start: float, keys: Ints, named: Numbers, since: Days, scope: Codes, days: Floats,
    kinds: Codes,
) -> tuple[int, float, int]:  # fmt: skip
    """Take the events that say something about a person; returns [how many, first day and last instant he was seen]."""
    size, first_day, confirmed = 0, np.inf, NEVER
    for e in range(first, last):
        kind = _what(keys[e], start, since[e] if len(since) else NO_DAY)
        if kind < 0 or not (
            named[e] == me or scope[kind] == OF_VALUE or (scope[kind] == AGAINST and named[e] == NAMELESS)
        ):
            continue
        instant = keys[e] >> KIND_BITS
        days[size], kinds[size] = instant / PER_DAY, kind
        if kind in (_OTP, _LOGIN):
            first_day, confirmed = min(first_day, days[size]), max(confirmed, instant)
        size += 1
    return size, first_day, confirmed


@njit(cache=True, nogil=True)
def _last_reports(first: int, last: int, keys: Ints) -> tuple[int, int]:
    """Return when a value was last reported as somebody else's, and as passed on."""
    wrong, passed_on = NEVER, NEVER
    for e in range(first, last):
        kind = keys[e] & _KIND
        if kind in (_WRONG, _DIFFERS):
            wrong = max(wrong, keys[e] >> KIND_BITS)
        elif kind in (_REASSIGNED, _CHANGED):
            passed_on = max(passed_on, keys[e] >> KIND_BITS)
    return wrong, passed_on


@njit(cache=True, nogil=True)
def _naming(me: int, first: int, last: int, named: Numbers) -> tuple[int, int]:
    """Return the range of the events that name a person, where they are ordered by whom they name."""
    begin, stop = first, last
    while begin < stop:
        middle = (begin + stop) // 2
        if named[middle] < me:
            begin = middle + 1
        else:
            stop = middle
    while stop < last and named[stop] == me:
        stop += 1
    return begin, stop


@njit(cache=True, nogil=True)
def _last_year(days: Floats, kinds: Codes, begin: float) -> tuple[int, float]:
    """Return on how many days since then the person was active, and the last sign of life there ever was."""
    acts, heard = 0, -np.inf
    for n in range(len(days)):
        acts += 1 if IS_ENGAGED[kinds[n]] and days[n] > begin else 0
        if IS_SIGN[kinds[n]]:
            heard = max(heard, days[n])
    return acts, heard


@njit(cache=True, nogil=True)
def weave(
    begin: int, stop: int, points: Ints, offsets: Ints, keys: Ints, named: Numbers, since: Days,
    scope: Codes, party: Numbers, start: Floats, is_claimed: Flags, newer: Floats, extra: Ints, extra_days: Floats,
    extra_kinds: Codes, now: float, crowd: int, base: int, days: Floats, kinds: Codes, begins: Floats, capture: Codes,
    ends: Ints, acts: Numbers, heard: Floats, instants: Ints,
) -> int:  # fmt: skip
    """Write the streams of the persons at the values `begin` to `stop`, one after the other from `base` on.

    Args:
        begin: value v has the persons points[v] to points[v + 1] and the events offsets[v] to offsets[v + 1].
        keys: packed instant and kind of each event; named: whom it names; since: a day that some kinds tell, or empty.
        scope: [kind] OWN, AGAINST or OF_VALUE.
        party: of each person; start: day of collection; is_claimed: whether somebody unlinked had the value then.
        newer: when he gave a newer point, or not a number; extra: person i has what other rows imply, extra[i] to
            extra[i + 1] of extra_days and extra_kinds.
        now: the day asked about; crowd: a value under more persons is nobody's.
        days, kinds: take the streams; begins: where each history begins; capture: position in CAPTURES;
        ends: where each stream ends; acts: days of activity in the last year; heard: last sign of life;
        instants: [person, (confirmed, reported wrong, passed on)], or NEVER.

    Returns where the last stream ends.
    """
    count, last = base, np.empty(len(KINDS))
    room, met = np.empty(64), np.empty(64, np.int8)
    for v in range(begin, stop):
        first, behind = offsets[v], offsets[v + 1]
        is_crowd = points[v + 1] - points[v] > crowd
        wrong, passed_on = _last_reports(first, behind, keys)
        if is_crowd:
            here = slice(first, behind)
            _reorder(np.argsort(named[here], kind="mergesort"), keys[here], named[here], since[here])
        for i in range(points[v], points[v + 1]):
            if is_crowd:  # of what is said about a crowd's value, only what names him says anything of him
                first, behind = _naming(party[i], offsets[v], offsets[v + 1], named)
            most = behind - first + extra[i + 1] - extra[i] + 1
            if most > len(room):
                room, met = np.empty(2 * most), np.empty(2 * most, np.int8)
            size, seen, confirmed = _meet(first, behind, party[i], start[i], keys, named, since, scope, room, met)
            is_confirmed = seen < start[i] + CAPTURE_DAYS
            capture[i] = _CROWD if is_crowd else _CONFIRMED * is_confirmed + _CLAIMED * is_claimed[i]
            begins[i] = min(start[i], seen)
            if newer[i] <= now:
                size = _insert(newer[i], _NEWER, room, met, 0, size)
            for x in range(extra[i], extra[i + 1]):
                size = _insert(extra_days[x], extra_kinds[x], room, met, 0, size)
            captured = begins[i] + CAPTURE_DAYS if is_confirmed and not is_crowd else -np.inf
            ends[i] = _tell(room, met, size, begins[i], captured, last, days, kinds, count)
            acts[i], heard[i] = _last_year(days[count : ends[i]], kinds[count : ends[i]], now - YEAR)
            instants[i, 0], instants[i, 1], instants[i, 2] = confirmed, wrong, passed_on
            count = ends[i]
    return int(count)
