# SPDX-License-Identifier: Apache-2.0
"""Screens the contact points and persons of a load before they take effect. Serves right_party.

A column that was shifted against its rows, or sorted apart from them, gives itself away: the values it brings already
belong to other people, and they do so close together. Single values pass from person to person in every clean load,
too (re-assigned numbers, families, corrections), so what counts is where they stand in the file (a scan statistic)
and whether there are more of them than this lender's loads have had before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log
from typing import Any, Final

import polars as pl

from rightparty.parties.audit.agreement import compared
from rightparty.parties.audit.catalogue import CATALOGUE
from rightparty.parties.audit.findings import Finding, findings_frame, found
from rightparty.parties.audit.moved import crowded
from rightparty.parties.audit.names import folded_name
from rightparty.parties.audit.stretches import log_tail
from rightparty.parties.audit.values import FILLER

COUNT_LEAST: Final = 20
"""Fewer rows than this hold no load, whatever their share."""

_NAMES: Final = (("full_name", ""), ("full_name_before", "_before"))


class LimitsError(ValueError):
    """The limits of screening are incomplete or out of range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreeningLimits:
    """From when on a load is quarantined; `limits.toml` says why each number is what it is."""

    #: chance that chance alone quarantines a load, for each of the two tests
    false_alarm: float
    #: share of values that pass from person to person in a clean load where history says nothing
    usual_share: float
    #: rows of imagined history that the usual share counts for
    usual_rows: float
    #: a window must hold at least so many moved values, and so large a share of its rows
    cluster_least: int
    cluster_share: float
    #: the same in a first load
    first_cluster_least: int
    #: more than this multiple of the usual share, beyond chance, quarantines
    excess: float
    #: share of rows that carry filler values, or values of a crowd
    filler_share: float
    crowd_share: float
    crowd_persons: int
    #: so many persons to whom one value is new quarantine by themselves
    crowd_most: int
    #: share of persons whose birth date, id or name changes in a clean load to one that another person had
    person_usual_share: float
    #: a source's agreement with the others may fall by so much, and so many comparisons it takes to say so
    agreement_drop: float
    agreement_least: int
    #: finding of the audit -> share of its subject from which it quarantines; a finding not named never does
    shares: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What earlier loads of this lender were like."""

    #: contact points taken, and of these values that had stood under another person
    rows: int
    moved: int


def limits_of(given: Mapping[str, Any]) -> ScreeningLimits:
    """Return the limits of a parsed TOML file.

    Raises:
        LimitsError: a limit is missing, unknown or not above zero.
    """
    try:
        limits = ScreeningLimits(**given)
    except TypeError as fault:
        raise LimitsError(f"Screening limits: {fault}.") from fault
    unknown = set(limits.shares) - set(CATALOGUE) if isinstance(limits.shares, Mapping) else {"shares"}
    if unknown:
        raise LimitsError(f"Screening limits: {', '.join(sorted(unknown))} is no finding.")
    numbers = [getattr(limits, name) for name in ScreeningLimits.__dataclass_fields__ if name != "shares"]
    if any(number <= 0 for number in [*numbers, *limits.shares.values()]):
        raise LimitsError(f"{limits} has a limit that is not above zero.")
    return limits


def screen(
    rows: pl.DataFrame,
    moved: pl.DataFrame,
    *,
    history: History,
    limits: ScreeningLimits,
    before: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Return the findings on the contact points of a load, findings.FINDINGS, most serious first.

    Shape: rows [line, party_id, channel, value, relation] as delivered; moved [channel, value, to_party], the values
    among them that belong to another, unlinked person by what was on file before or by events of the same delivery;
    before [party_id, channel, value, source] what was on file of these persons. A finding that nothing shows is left
    out.
    """
    own = rows.filter(pl.col("relation").fill_null("").is_in(["", "self"])).sort("line", maintain_order=True)
    marked = own.join(
        moved.select("channel", "value", party_id="to_party", marked=pl.lit(value=True)).unique(),
        on=["channel", "value", "party_id"],
        how="left",
        maintain_order="left",
    ).with_columns(pl.col("marked").fill_null(value=False))
    usual = (history.moved + limits.usual_share * limits.usual_rows) / (history.rows + limits.usual_rows)
    findings = [_column_moved(part, usual, limits) for part in marked.partition_by("channel", maintain_order=True)]
    findings.append(_excess(marked, usual, limits))
    findings += [_fillers(own, limits), _crowds(own, before, limits)]
    if before is not None and "source" in own.columns:
        findings += screen_agreement(own, before, limits=limits)
    return findings_frame(findings)


def screen_persons(rows: pl.DataFrame, before: pl.DataFrame, *, limits: ScreeningLimits) -> list[Finding | None]:
    """Return where birth dates, national ids or names of a load stand beside the wrong persons.

    Shape: rows [line, party_id, full_name, national_id, date_of_birth, id_born_differs] (`with_id_findings`), before
    [party_id, full_name, national_id, date_of_birth] as it stood. A birth date is marked that changes, or that the id
    beside it denies; an id or a name that changes to what another person of the load had.
    """
    met = rows.join(before, on="party_id", how="left", suffix="_before", maintain_order="left").sort(
        "line", maintain_order=True
    )
    folded = met.with_columns(
        *(folded_name(pl.col(name)).alias(f"folded{suffix}") for name, suffix in _NAMES),
        *(
            pl.col(f"national_id{suffix}").fill_null("").str.replace_all(r"[\s\-/]", "").str.to_uppercase()
            .alias(f"number{suffix}") for _, suffix in _NAMES
        ),
    )  # fmt: skip
    born, born_before = pl.col("date_of_birth"), pl.col("date_of_birth_before")
    denied = born_before.is_null() & pl.col("id_born_differs")
    marks = {
        "birth_dates_moved": (
            (born != born_before).fill_null(value=False) | denied.fill_null(value=False),
            "full_name",
        ),
        "national_ids_moved": (_taken_over("number"), "national_id"),
        "names_moved": (_taken_over("folded"), "full_name"),
    }
    return [
        _crowded_or_many(code, folded.with_columns(marked=mark), shown, limits) for code, (mark, shown) in marks.items()
    ]


def screen_agreement(own: pl.DataFrame, before: pl.DataFrame, *, limits: ScreeningLimits) -> list[Finding | None]:
    """Return the sources of a load that agree with the others on file less than they did about the same persons."""
    theirs = before.join(own.select("party_id", "channel").unique(), on=["party_id", "channel"], how="semi")
    now = compared(own, theirs).sort("line", maintain_order=True)
    then = compared(theirs, theirs)
    usual = then.group_by("source").agg(known=pl.len(), usual=1 - pl.col("agrees").mean())
    enough = usual.filter(pl.col("known") >= limits.agreement_least).sort("source")
    return [
        _agreement_fell(now.filter(pl.col("source") == source), float(share), limits)
        for source, _, share in enough.rows()
    ]


def with_limits(findings: list[Finding | None], limits: ScreeningLimits) -> list[Finding | None]:
    """Mark the findings of the audit that pass the lender's limits as such that quarantine."""
    return [
        {**found_, "quarantines": True, "severity": "high", "figures": [*found_["figures"], _limit(found_, limits)]}
        if found_ and _passes(found_, limits)
        else found_
        for found_ in findings
    ]


def is_quarantined(findings: pl.DataFrame) -> bool:
    """Tell whether any finding passes the lender's limits."""
    return bool(findings["quarantines"].any())


def _passes(finding: Finding, limits: ScreeningLimits) -> bool:
    limit = limits.shares.get(finding["finding"])
    return limit is not None and finding["share"] > limit and finding["count"] > COUNT_LEAST


def _limit(finding: Finding, limits: ScreeningLimits) -> dict[str, object]:
    return {"name": "limit", "value": float(limits.shares[finding["finding"]])}


def _column_moved(rows: pl.DataFrame, usual: float, limits: ScreeningLimits) -> Finding | None:
    """Find the stretch of the file where moved values crowd most beyond chance."""
    stretch = crowded(
        rows, usual=usual, least=limits.cluster_least, share=limits.cluster_share, false_alarm=limits.false_alarm
    )
    if stretch is None:
        return None
    inside, surprise = stretch
    return found(
        "contact_column_moved", inside, shown="value", total=rows.height, quarantines=True,
        figures={"usual_share": usual, "surprise": round(surprise, 1)},
    )  # fmt: skip


def _excess(rows: pl.DataFrame, usual: float, limits: ScreeningLimits) -> Finding | None:
    """Find more moved values in the whole load than a multiple of the usual share explains."""
    moved = rows.filter("marked")
    allowed = min(usual * limits.excess, 0.5)
    surprising = log_tail(moved.height, rows.height, allowed) > -log(limits.false_alarm)
    return found(
        "contact_values_moved", moved, shown="value", total=rows.height, figures={"usual_share": usual},
        quarantines=surprising and moved.height >= limits.cluster_least,
    )  # fmt: skip


def _crowded_or_many(code: str, rows: pl.DataFrame, shown: str, limits: ScreeningLimits) -> Finding | None:
    """Find a stretch of marked rows, or more of them in the whole load than a multiple of the usual share."""
    usual = limits.person_usual_share
    stretch = crowded(
        rows, usual=usual, least=limits.cluster_least, share=limits.cluster_share, false_alarm=limits.false_alarm
    )
    marked = stretch[0] if stretch else rows.filter("marked")
    many = log_tail(marked.height, rows.height, min(usual * limits.excess, 0.5)) > -log(limits.false_alarm)
    if not stretch and not (many and marked.height >= limits.cluster_least):
        return None
    return found(code, marked, shown=shown, total=rows.height, figures={"usual_share": usual}, quarantines=True)


def _taken_over(column: str) -> pl.Expr:
    """Mark what changed to the value that another person of the load had before."""
    new, old = pl.col(column), pl.col(f"{column}_before")
    return ((new != old) & (new != "") & (old != "") & new.is_in(old.implode())).fill_null(value=False)


def _agreement_fell(rows: pl.DataFrame, usual: float, limits: ScreeningLimits) -> Finding | None:
    marked = rows.with_columns(marked=~pl.col("agrees"))
    allowed = min(max(usual, limits.usual_share) + limits.agreement_drop, 0.9)
    stretch = crowded(
        marked, usual=allowed, least=limits.agreement_least, share=min(allowed + limits.agreement_drop, 0.95),
        false_alarm=limits.false_alarm,
    )  # fmt: skip
    missed = stretch[0] if stretch else marked.filter("marked")
    surprising = log_tail(missed.height, rows.height, allowed) > -log(limits.false_alarm)
    if not stretch and not surprising:
        return None
    return found(
        "source_agreement_fell", missed, shown="value", total=rows.height, quarantines=True,
        figures={"agreement_before": 1 - usual, "agreement_now": 1 - missed.height / rows.height},
    )  # fmt: skip


def _fillers(rows: pl.DataFrame, limits: ScreeningLimits) -> Finding | None:
    filled = rows.filter(pl.col("value").str.contains(FILLER))
    return found(
        "filler_value", filled, shown="value", total=rows.height,
        quarantines=filled.height > max(limits.filler_share * rows.height, COUNT_LEAST),
    )  # fmt: skip


def _crowds(rows: pl.DataFrame, before: pl.DataFrame | None, limits: ScreeningLimits) -> Finding | None:
    """Find values that a load gives to a crowd, and whether to so many for whom it is new."""
    crowds = rows.filter(pl.col("party_id").n_unique().over("channel", "value") > limits.crowd_persons)
    key = ["party_id", "channel", "value"]
    new = crowds if before is None else crowds.join(before, on=key, how="anti")
    counted = new.group_by("channel", "value").agg(persons=pl.col("party_id").n_unique())
    most = int(counted["persons"].max() or 0)  # type: ignore[arg-type]
    return found(
        "value_under_many_persons", crowds, shown="value", total=rows.height, figures={"most_new_persons": most},
        quarantines=crowds.height > max(limits.crowd_share * rows.height, COUNT_LEAST) or most >= limits.crowd_most,
    )  # fmt: skip
