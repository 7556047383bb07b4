# SPDX-License-Identifier: Apache-2.0
"""Linked persons as the console shows them: reasons and contradictions in words, two records side by side, masked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rightparty.kernel.masking import mask_name, mask_value
from rightparty.parties.linked.changes import as_list
from rightparty.parties.linked.queries import earlier_record, points_side_by_side, records_of

KINDS: Final[Mapping[str, Promise]] = {
    "pair": _("two ids, perhaps one human"),
    "person": _("ids of one person that contradict each other"),
    "one_id": _("one id, perhaps two humans"),
}

ACTS: Final[Mapping[str, Promise]] = {
    "relink": _("linked by the model"),
    "load": _("linked while loading"),
    "decide": _("decided"),
    "merge": _("merged"),
    "split": _("split"),
    "undo": _("undone"),
}

VERDICTS: Final[Mapping[str, Promise]] = {
    "same": _("the same person"),
    "not_same": _("not the same person"),
    "household": _("one household, two persons"),
}

STATES: Final[Mapping[str, Promise]] = {
    "open": _("open"),
    "upheld": _("upheld, held"),
    "decided": _("decided"),
    "withdrawn": _("withdrawn"),
}

CONTRADICTIONS: Final[Mapping[str, Promise]] = {
    "birth_dates_differ": _("The birth dates differ"),
    "documents_differ": _("The identity documents differ"),
    "names_differ": _("Another name was given"),
    "chain_contradicts": _("Joined over other ids, records that contradict each other would be one person"),
}

SUBJECTS: Final[Mapping[str, Promise]] = {
    "name": _("Given name"),
    "surname": _("Family name"),
    "middle_name": _("Middle name"),
    "birth_date": _("Birth date"),
    "national_id": _("Identity document"),
    "address": _("Address"),
    "phone": _("Phone"),
    "email": _("E-mail"),
    "contact": _("Contact point"),
}
"""First part of linkage's reasons."""

CHANNELS: Final[Mapping[str, Promise]] = {
    "phone": _("Phone"), "email": _("E-mail"), "post": _("Address"), "app": _("App"),
}  # fmt: skip

DEGREES: Final[Mapping[str, Promise]] = {
    "same": _("the same"),
    "same_in_other_script": _("the same in another script"),
    "homophone": _("sounds the same"),
    "same_in_latin": _("the same in Latin letters"),
    "crossed": _("given and family name exchanged"),
    "short_form": _("a short form"),
    "slip": _("a slip of the keys apart"),
    "near": _("nearly the same"),
    "initial_or_masked": _("an initial, or partly hidden"),
    "different": _("different"),
    "same_stem": _("of one stem"),
    "same_filler": _("the same, but it only fills the field"),
    "day_month_swapped": _("day and month exchanged"),
    "one_digit": _("one digit apart"),
    "two_parts": _("two of three parts the same"),
    "same_year": _("of one year"),
    "same_but_invalid": _("the same, but the check digit is wrong"),
    "masked_fits": _("partly hidden, what is seen fits"),
    "different_unchecked": _("different, with a wrong check digit"),
    "same_house": _("the same house"),
    "partly_known": _("only partly known"),
    "same_street": _("the same street"),
    "same_area": _("the same area"),
    "same_number_elsewhere": _("the same number elsewhere"),
    "listed_by_other": _("named by the other as a relative's or friend's"),
}
"""Second part of linkage's reasons."""

REMARKS: Final[Mapping[str, Promise]] = {
    "contradiction.national_id": _("Both identity documents are valid, and differ"),
    "contradiction.generation": _("A generation apart"),
    "contradiction.twins": _("Perhaps twins: one birth date and family, different given names"),
    "only.name_and_birth_date": _("Nothing but name and birth date speaks for it"),
    "only.shared_evidence": _("Only what a household shares speaks for it"),
}
"""Linkage's remarks on a pair as a whole."""

FIELDS: Final[Mapping[str, Promise]] = {
    "full_name": _("Full name"),
    "latin_name": _("Name in Latin letters"),
    "date_of_birth": _("Birth date"),
    "national_id_type": _("Kind of document"),
    "national_id": _("Identity document"),
    "country": _("Country"),
    "region": _("Region"),
    "postcode": _("Postcode"),
    "address": _("Address"),
    "employer": _("Employer"),
}

_OPEN: Final = {"national_id_type", "country", "region"}
"""Fields that tell little of a person and are shown to all staff."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One field of two records."""

    label: Promise | str
    left: str
    right: str
    #: same, differs, or empty where one side is unknown
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedPoint:
    """A contact point of either record."""

    channel: str
    shown: str
    on_left: bool
    on_right: bool


def reasons_in_words(text: str) -> list[str]:
    """Return linkage's reasons as short sentences; one that has no words yet keeps its code."""
    return [_said(code) for code in as_list(text)]


def contradictions_in_words(text: str) -> list[Promise | str]:
    """Return what speaks against one human."""
    return [CONTRADICTIONS.get(code, code) for code in as_list(text)]


def percents(review: Mapping[str, Any]) -> list[tuple[Promise | str, int, str]]:
    """Return the model's three chances as (what, percent, class of the bar); empty if no model was asked."""
    if review["p_same"] is None:
        return []
    whose = ((_("the same person"), "p_same", "good"), (_("one household"), "p_household", "soft"))
    shown = [(name, round(100 * (review[key] or 0.0)), tone) for name, key, tone in whose]
    return [*shown, (_("neither"), max(100 - sum(part for _name, part, _tone in shown), 0), "bad")]


def side_by_side(review: Mapping[str, Any], *, in_full: bool) -> list[Compared]:
    """Return the fields of the two records, or of one record now and as it was before."""
    left = _first(records_of([review["left_id"]]))
    right = _first(
        earlier_record(review["left_id"]) if review["kind"] == "one_id" else records_of([review["right_id"]])
    )
    rows = []
    for field, label in FIELDS.items():
        one, other = left.get(field), right.get(field)
        if one or other:
            state = "" if not (one and other) else "same" if one == other else "differs"
            shown = [_shown(field, value, in_full=in_full) for value in (one, other)]
            rows.append(Compared(label=label, left=shown[0], right=shown[1], state=state))
    return rows


def points_of_both(review: Mapping[str, Any], *, in_full: bool) -> list[SharedPoint]:
    """Return the contact points of two ids, or of the one, those first that both have."""
    points = points_side_by_side([review["left_id"], review["right_id"]])
    grouped = points.group_by("channel", "value", maintain_order=True).agg(pl.col("party_id").unique())
    shown = [
        SharedPoint(
            channel=str(CHANNELS.get(row["channel"], row["channel"])),
            shown=row["value"] if in_full else mask_value(row["value"]),
            on_left=review["left_id"] in row["party_id"], on_right=review["right_id"] in row["party_id"],
        )
        for row in grouped.iter_rows(named=True)
    ]  # fmt: skip
    return sorted(shown, key=lambda point: not (point.on_left and point.on_right))


def _said(code: str) -> str:
    if code in REMARKS:
        return str(REMARKS[code])
    subject, _dot, degree = code.partition(".")
    if subject not in SUBJECTS or degree not in DEGREES:
        return code
    return f"{SUBJECTS[subject]}: {DEGREES[degree]}"


def _first(frame: pl.DataFrame) -> dict[str, Any]:
    return frame.row(0, named=True) if frame.height else {}


def _shown(field: str, value: object, *, in_full: bool) -> str:
    text = "" if value is None else str(value)
    if in_full or field in _OPEN or not text:
        return text
    if field in ("full_name", "latin_name"):
        return mask_name(text)
    if field == "date_of_birth":
        return f"{text[:4]}-**-**"
    return f"{text[:2]}****" if field in ("address", "employer", "postcode") else mask_value(text)
