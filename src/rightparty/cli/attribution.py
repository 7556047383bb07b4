# SPDX-License-Identifier: Apache-2.0
"""`rightparty attribution`: whom contact points reach, why, and the parameters behind it."""

from pathlib import Path
from typing import Annotated, Final

import polars as pl
import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from rightparty.cli.output import At, Json, Out, answer, console, instant_of, progress_console, refuse, table_of
from rightparty.cli.store import ensure_store
from rightparty.console.waterfalls import PICTURES, drawn
from rightparty.kernel.masking import mask_value
from rightparty.kernel.reasons import reasons_in
from rightparty.kernel.vocabulary import Disclosure
from rightparty.lending.queries import account_links
from rightparty.parties.attribution.fit import Round, fit
from rightparty.parties.attribution.fitted import changes, fitted_toml
from rightparty.parties.attribution.kinds import KINDS
from rightparty.parties.attribution.parameters import shipped_parameters
from rightparty.parties.attribution.waterfall import waterfall
from rightparty.parties.queries import (
    attribution_as_of,
    evidence_as_of,
    find_party,
    ids_of_person,
    installed_parameters,
)
from rightparty.planning.drafts.queries import installed_packs
from rightparty.policy.disclosure import supported_disclosure

group = typer.Typer(help="Whom contact points reach, why, and the parameters behind it.", no_args_is_help=True)

_LEVELS: Final = {position: level.value for position, level in enumerate(Disclosure)}


@group.command()
def export(
    file: Annotated[Path, typer.Argument(help="Parquet file to write.")],
    at: At = None,
) -> None:
    """Write whom every contact point reaches as of an instant, with disclosure level and evidence."""
    ensure_store()
    instant = instant_of(at)
    links = account_links(party_ids=None)
    judged = attribution_as_of(at=instant, party_ids=None, links=links)
    stream = evidence_as_of(at=instant, party_ids=None, links=links).evidence
    level = supported_disclosure(
        pl.col("p_alone"), pl.col("p_stranger"), pl.col("contradictions_mask"), installed_packs().thresholds
    )
    counted = (
        stream.stream.group_by("i", "kind")
        .agg(pl.len(), last=pl.from_epoch(pl.col("day").max().floor().cast(pl.Int32), time_unit="d"))
        .sort("i", "kind")
        .with_columns(name=pl.col("kind").replace_strict(dict(enumerate(KINDS)), return_dtype=pl.String))
        .group_by("i", maintain_order=True)
        .agg(evidence=pl.format("{} x{} until {}", "name", "len", pl.col("last").cast(pl.String)))
    )
    named = stream.subjects.select("i", "party_id", "channel", "value").join(counted, on="i", how="left")
    whole = judged.join(named.drop("i"), on=["party_id", "channel", "value"], how="left").with_columns(
        disclosure=level.replace_strict(_LEVELS, return_dtype=pl.String),
        evidence=pl.col("evidence").fill_null([]),
        contradictions=_contradictions(judged["contradictions_mask"]),
    )
    whole.select(
        "party_id", "channel", "value", "p_person", "p_nobody", "p_stranger", "disclosure", "evidence",
        "contradictions", "watched_until",
    ).write_parquet(file)  # fmt: skip
    console.print(f"{whole.height:,} contact points as of {instant.isoformat()} written to {file}", highlight=False)


@group.command()
def explain(
    party: Annotated[str, typer.Argument(help="A party's id.")], at: At = None, as_json: Json = False, out: Out = None
) -> None:
    """Draw each contact point of a party as a waterfall of its evidence; as a picture with --out FILE.svg or .html."""
    ensure_store()
    if find_party(party) is None:
        raise refuse(f"no party {party}", "Check the id; `rightparty explain` takes message and account ids as well.")
    instant = instant_of(at)
    if out is not None and out.suffix in PICTURES:
        out.write_text(drawn(party, at=instant, suffix=out.suffix), encoding="utf-8")
        console.print(f"written: {out}", highlight=False)
        return
    met = ids_of_person(party)
    gathered = evidence_as_of(at=instant, party_ids=met, links=account_links(party_ids=met))
    steps = waterfall(gathered.evidence, installed_parameters(), at=instant, party_id=party)
    shown = [mask_value(value) for value in steps["value"]]
    told = steps.with_columns(value=pl.Series(shown, dtype=pl.String), at=pl.col("at").dt.strftime("%Y-%m-%d %H:%M"))
    bars = told.with_columns(moved=_bar(pl.col("bits"))).drop("party_id")
    answer(told.to_dicts(), as_json=as_json, out=out, tables=[table_of(f"Contact points of {party}", bars, most=400)])


@group.command("fit")
def fit_parameters(
    out: Annotated[Path, typer.Option("--out", help="File to write the fitted parameters to.")],
    at: At = None,
    version: Annotated[str, typer.Option(help="Name of the result, recorded with decisions.")] = "",
) -> None:
    """Estimate the parameters from this installation's own events, without labels; apply nothing."""
    ensure_store()
    instant = instant_of(at)
    gathered = evidence_as_of(at=instant, party_ids=None, links=account_links(party_ids=None))
    base = shipped_parameters()
    name = version or f"fitted-{instant:%Y-%m-%d}"
    with Progress(
        BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), TimeRemainingColumn(),
        console=progress_console, transient=True,
    ) as progress:  # fmt: skip
        task = progress.add_task("fitting", total=None)

        def watch(current: Round) -> None:
            said = f"{current.segment}: round {current.number}, log likelihood {current.log_likelihood:.4f} a point"
            progress.update(task, description=said, completed=current.done, total=current.total)

        fitted = fit(gathered.evidence, base, at=instant, version=name, watch=watch)
    moved = changes(base, fitted)
    out.write_text(fitted_toml(fitted, base), encoding="utf-8")
    console.print(table_of("What the events say against the shipped numbers", moved, most=400))
    console.print(f"written: {out}; set RIGHTPARTY_ATTRIBUTION to this file to use it, nothing does yet")


def _contradictions(masks: pl.Series) -> pl.Series:
    """Return the reason codes of each mask; few masks occur."""
    named = {mask: ", ".join(reason.code for reason in reasons_in(mask)) for mask in masks.unique()}
    return masks.replace_strict(named, return_dtype=pl.String)


def _bar(bits: pl.Expr) -> pl.Expr:
    """Draw a step as a bar of up to ten signs."""
    width = bits.abs().round().clip(0, 10).cast(pl.UInt32)
    return (
        pl.when(bits >= 0)
        .then(pl.lit("+").repeat_by(width).list.join(""))
        .otherwise(pl.lit("-").repeat_by(width).list.join(""))
    )


def add_commands(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(group, name="attribution")
