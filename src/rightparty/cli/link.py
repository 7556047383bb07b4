# SPDX-License-Identifier: Apache-2.0
"""`rightparty link`: the same human under several ids, households, and the questions that only a person answers."""

from dataclasses import asdict
from typing import Annotated, Final

import polars as pl
import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from rightparty.cli.output import At, Json, Out, answer, console, instant_of, progress_console, refuse, table_of
from rightparty.cli.store import ensure_store
from rightparty.parties.linked.changes import LinkError, PersonsChanged, as_list
from rightparty.parties.linked.queries import history_of, links_in_force, list_reviews
from rightparty.parties.linked.rules import LinkRulesError
from rightparty.parties.operations.decide_link import answer_review, decide_link
from rightparty.parties.operations.link_portfolio import link_portfolio
from rightparty.parties.operations.merge_persons import merge_persons
from rightparty.parties.operations.split_person import split_person
from rightparty.parties.operations.undo_change import undo_change
from rightparty.parties.queries import ids_of_person

group = typer.Typer(help="The same human under several ids, households, and doubtful pairs.", no_args_is_help=True)

_LISTS: Final = ("reasons", "contradictions")

By = Annotated[str, typer.Option("--by", help="Who decides.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with the decision and in the evidence.")]
One = Annotated[str, typer.Argument(help="A party's id.")]
Other = Annotated[str, typer.Argument(help="Another party's id.")]
Verdict = Annotated[str, typer.Option("--verdict", help="same, not_same or household.")]


@group.command()
def run(at: At = None, as_json: Json = False, out: Out = None) -> None:
    """Link the whole portfolio anew; sure pairs merge, doubtful ones go to review."""
    ensure_store()
    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=progress_console, transient=True
    ) as bar:
        task = bar.add_task("link", total=None)
        try:
            done = link_portfolio(
                at=instant_of(at), on_progress=lambda stage: bar.update(task, description=f"link: {stage}")
            )
        except (LinkRulesError, OSError) as error:
            raise refuse(f"RIGHTPARTY_LINK_RULES: {error}", LinkRulesError.remedy) from error
    rows = [{"what": name.replace("_", " "), "number": count} for name, count in asdict(done).items()]
    answer(done, as_json=as_json, out=out, tables=[table_of("Linked", pl.DataFrame(rows))])


@group.command()
def reviews(
    state: Annotated[str, typer.Option(help="open, upheld, decided or withdrawn.")] = "open",
    as_json: Json = False,
    out: Out = None,
) -> None:
    """List the questions about who is one human, those that hold messages first."""
    ensure_store()
    frame = list_reviews(state=state, most=1_000)
    lists = {name: pl.Series([as_list(text) for text in frame[name]], dtype=pl.List(pl.String)) for name in _LISTS}
    told = frame.with_columns(**lists).drop("value")
    shown = told.select("review_id", "kind", "left_id", "right_id", "p_same", "contradictions")
    answer(told, as_json=as_json, out=out, tables=[table_of(f"Reviews, {state}", shown)])


@group.command()
def decide(
    left: One, right: Other, verdict: Verdict, by: By, reason: Reason, at: At = None, as_json: Json = False,
    out: Out = None,
) -> None:  # fmt: skip
    """Decide on two ids: same, not_same or household."""
    ensure_store()
    try:
        done = decide_link(left_id=left, right_id=right, verdict=verdict, by=by, reason=reason, at=instant_of(at))
    except LinkError as error:
        raise refuse(str(error), error.remedy) from error
    _tell(done, as_json=as_json, out=out)


@group.command("answer")
def answer_(
    review: Annotated[int, typer.Argument(help="The review's number, as `rightparty link reviews` shows it.")],
    verdict: Verdict, by: By, reason: Reason, at: At = None, as_json: Json = False, out: Out = None,
) -> None:  # fmt: skip
    """Answer a review; about one id, not_same holds its contact points until it is lifted with same."""
    ensure_store()
    try:
        done = answer_review(review_id=review, verdict=verdict, by=by, reason=reason, at=instant_of(at))
    except LinkError as error:
        raise refuse(str(error), error.remedy) from error
    _tell(done, as_json=as_json, out=out)


@group.command()
def merge(
    left: One, right: Other, by: By, reason: Reason, at: At = None, as_json: Json = False, out: Out = None
) -> None:
    """Make one person of two; decisions that kept their ids apart end."""
    ensure_store()
    try:
        done = merge_persons(left_id=left, right_id=right, by=by, reason=reason, at=instant_of(at))
    except LinkError as error:
        raise refuse(str(error), error.remedy) from error
    _tell(done, as_json=as_json, out=out)


@group.command()
def split(
    parties: Annotated[list[str], typer.Argument(help="Ids of one person that are another human.")],
    by: By, reason: Reason, at: At = None, as_json: Json = False, out: Out = None,
) -> None:  # fmt: skip
    """Part some ids from their person; no re-link joins them again."""
    ensure_store()
    try:
        done = split_person(party_ids=parties, by=by, reason=reason, at=instant_of(at))
    except LinkError as error:
        raise refuse(str(error), error.remedy) from error
    _tell(done, as_json=as_json, out=out)


@group.command()
def history(party: One, as_json: Json = False, out: Out = None) -> None:
    """Show what stands between a person's ids, and every act that changed whom they count as."""
    ensure_store()
    ids = ids_of_person(party)
    acts = history_of(ids)
    links = links_in_force(party_ids=ids).select(
        "left_id", "right_id", "verdict", "by", "reason", "p_same", "reasons", "changed_at", "change_id"
    )
    result = {"ids": ids, "links": links, "acts": acts}
    answer(result, as_json=as_json, out=out, tables=[table_of("Links in force", links), table_of("Acts", acts)])


@group.command()
def undo(
    act: Annotated[int, typer.Argument(help="The act's number, as `rightparty link history` shows it.")],
    by: By, reason: Reason, at: At = None, as_json: Json = False, out: Out = None,
) -> None:  # fmt: skip
    """Undo an act: its links end, those it had ended stand again."""
    ensure_store()
    try:
        done = undo_change(change_id=act, by=by, reason=reason, at=instant_of(at))
    except LinkError as error:
        raise refuse(str(error), error.remedy) from error
    _tell(done, as_json=as_json, out=out)


def _tell(done: PersonsChanged, *, as_json: bool, out: Out) -> None:
    answer(done, as_json=as_json, out=out, tables=[table_of("Persons that changed", done.moved)])
    if not as_json and out is None:
        console.print(f"act {done.change_id}: {done.made} links made, {done.ended} ended", highlight=False)


def add_commands(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(group, name="link")
