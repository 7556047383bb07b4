# SPDX-License-Identifier: Apache-2.0
"""A point's attribution as a picture: one row per piece of evidence, each bar from the odds before to those after."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate, pairwise
from math import log2
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from rightparty.kernel.masking import mask_value
from rightparty.lending.queries import account_links
from rightparty.parties.attribution.condense import condense
from rightparty.parties.attribution.waterfall import waterfall
from rightparty.parties.queries import evidence_as_of, ids_of_person, installed_parameters, people_as_of

MOST_STEPS: Final = 12
"""Single steps a picture shows; the small ones between them are joined."""
MOST_POINTS: Final = 12
"""Points that are drawn; a person with hundreds has the rest in the table of `rightparty attribution explain`."""

PICTURES: Final = {".html": "console/waterfalls.html", ".svg": "console/waterfalls.svg"}
"""Template of a picture kept as a file, by its ending."""

WIDTH: Final = 360
ROW: Final = 44
TOP: Final = 26
MARGIN: Final = 12

SCALE: Final = {0.0001: "0.01 %", 0.01: "1 %", 0.5: "50 %", 0.99: "99 %", 0.9999: "99.99 %"}
"""Probabilities that are marked on the scale; it is linear in bits, so that evidence adds up to the eye."""


def gettext_noop(message: str) -> str:
    """Mark a text for translation and return it unchanged."""
    return message


_ = gettext_noop

WORDS: Final[Mapping[str, str]] = {
    "collected": _("collected"), "silence": _("time passed, nothing heard"), "others": _("smaller steps"),
    "otp_verified": _("one-time code confirmed"), "login": _("log-in"), "replied": _("reply"),
    "answered": _("call answered"), "paid": _("paid through the link"), "name_agrees": _("gave the person's name"),
    "consent_given": _("consent given"), "wrong_party": _("reported: not me"),
    "name_differs": _("gave another name"), "opted_out": _("wants no messages"),
    "reassigned": _("listed as re-assigned"), "claimed_by_other": _("given by somebody else"),
    "used_by_other": _("used by somebody else"), "newer_point": _("person gave a newer one"),
    "restated": _("given again"), "delivered": _("delivered"), "undelivered": _("not delivered"),
    "unknown_subscriber": _("no such subscriber"), "status_live": _("carrier: in use"),
    "status_dead": _("carrier: not in use"), "holder_same": _("carrier: same holder"),
    "holder_changed": _("carrier: holder changed"), "subscriber_matches": _("carrier: subscriber is the person"),
    "subscriber_differs": _("carrier: subscriber is another"), "expired": _("validity ended"),
    "contact": _("message or call, no answer yet"),
}  # fmt: skip
"""What happened, as pages say it; English message ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One row of a picture; lengths in SVG units."""

    what: str
    #: how many steps it stands for
    joined: int
    #: local date, and with the time
    day: str
    when: str
    #: change of the person's odds in bits, and the percentage after, both as they are printed
    bits: str
    percent: str
    nobody: str
    stranger: str
    y: int
    bar_x: float
    bar_length: float
    #: good, bad or soft
    tone: str
    #: where the odds stand after it
    mark_x: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall:
    """The picture of one point."""

    channel: str
    shown: str
    zone: str
    steps: tuple[Step, ...]
    #: (x, label) of the scale
    ticks: tuple[tuple[float, str], ...]
    percent: str
    width: int = WIDTH

    @property
    def height(self) -> int:
        """Height in SVG units."""
        return TOP + ROW * len(self.steps)

    @property
    def links(self) -> list[tuple[float, int, int]]:
        """Return (x, y1, y2) of the lines from each step's end to the next one's beginning."""
        return [(a.mark_x, a.y + 36, b.y + 26) for a, b in pairwise(self.steps)]


def waterfalls_of_party(party_id: str, *, at: datetime) -> list[Waterfall]:
    """Return the pictures of a party's points as of an instant, likeliest first; values masked."""
    ids = ids_of_person(party_id)
    gathered = evidence_as_of(at=at, party_ids=ids, links=account_links(party_ids=ids))
    steps = waterfall(gathered.evidence, installed_parameters(), at=at, party_id=party_id)
    return draw(steps, zone=_zone_of(party_id, at=at))


def add_pictures(points: list[dict[str, Any]], pictures: list[Waterfall]) -> None:
    """Give each point of a portrait its picture; both are in order of the person's probability, likeliest first."""
    left = list(pictures)
    for point in points:
        fits = [picture for picture in left if (picture.channel, picture.shown) == (point["channel"], point["shown"])]
        point["picture"] = fits[0] if fits else None
        if fits:
            left.remove(fits[0])


def drawn(party_id: str, *, at: datetime, suffix: str) -> str:
    """Return the pictures of a party's points as one file, .html (with tables) or .svg, in the active language."""
    pictures = waterfalls_of_party(party_id, at=at)
    tops = list(accumulate((picture.height + 44 for picture in pictures), initial=16))
    context = {
        "pictures": pictures, "placed": list(zip(pictures, tops[:-1], strict=True)), "party": party_id,
        "at": f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC", "looks": _looks(), "width": WIDTH + 24, "height": tops[-1],
    }  # fmt: skip
    return render_to_string(PICTURES[suffix], context)


def _looks() -> str:
    found = finders.find("rightparty.css")
    return Path(str(found)).read_text("utf-8") if found else ""


def draw(steps: pl.DataFrame, *, zone: str) -> list[Waterfall]:
    """Lay out the waterfalls of `waterfall.WATERFALL`, likeliest point first, instants in a time zone."""
    short = condense(steps, most=MOST_STEPS)
    points = [_picture(part, zone) for _, part in short.group_by("channel", "value", maintain_order=True)]
    last = short.group_by("channel", "value", maintain_order=True).agg(pl.col("p_person").last())["p_person"]
    order = sorted(range(len(points)), key=lambda place: -last[place])
    return [points[place] for place in order[:MOST_POINTS]]


def _picture(part: pl.DataFrame, zone: str) -> Waterfall:
    rows = part.to_dicts()
    steps, before = [], 0.0
    for number, row in enumerate(rows):
        after = before + float(row["bits"])
        steps.append(_step(row, before, after, number, zone))
        before = after
    return Waterfall(
        channel=str(rows[0]["channel"]),
        shown=mask_value(str(rows[0]["value"])),
        zone=zone,
        steps=tuple(steps),
        ticks=tuple((_x(log2(p / (1 - p))), label) for p, label in SCALE.items()),
        percent=steps[-1].percent,
    )


def _step(row: Mapping[str, Any], before: float, after: float, number: int, zone: str) -> Step:
    left, right = sorted((_x(before), _x(after)))
    bits, local = float(row["bits"]), row["at"].astimezone(ZoneInfo(zone))
    return Step(
        what=WORDS[str(row["what"])], joined=int(row["joined"]), day=f"{local:%Y-%m-%d}",
        when=f"{local:%Y-%m-%d %H:%M}",
        bits=f"{bits:+.1f}".replace("-", "\u2212"), percent=_share(row["p_person"]), nobody=_share(row["p_nobody"]),
        stranger=_share(row["p_stranger"]), y=TOP + ROW * number, bar_x=left, bar_length=max(right - left, 1.5),
        tone="soft" if abs(bits) < 0.05 else "good" if bits > 0 else "bad", mark_x=_x(after),
    )  # fmt: skip


def _x(bits: float) -> float:
    """Return where odds stand on the scale; beyond its ends at its ends."""
    most = log2(max(SCALE) / (1 - max(SCALE))) + 1
    share = (min(max(bits, -most), most) + most) / (2 * most)
    return round(MARGIN + share * (WIDTH - 2 * MARGIN), 1)


def _share(probability: float) -> str:
    """Print a probability in per cent, never as a certainty that it is not."""
    percent = 100 * probability
    if 0 < percent < 0.01:
        return "<0.01 %"
    if 99.99 < percent < 100:
        return ">99.99 %"
    digits = 2 if percent < 1 or percent > 99 else 1 if percent < 10 or percent > 90 else 0
    return f"{percent:.{digits}f} %"


def _zone_of(party_id: str, *, at: datetime) -> str:
    """Return the person's zone if he has exactly one, else UTC."""
    people = people_as_of(at=at, party_ids=[party_id])
    zones = str(people["zone_set"].item()) if people.height == 1 else ""
    return zones if zones and "|" not in zones else "UTC"
