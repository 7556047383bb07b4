# SPDX-License-Identifier: Apache-2.0
"""`rightparty verify`: questions to persons whether a contact point in doubt is theirs."""

import csv
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import polars as pl
import typer
from django.conf import settings

from rightparty.cli.output import At, Json, Out, answer, console, instant_of, refuse, table_of
from rightparty.cli.store import ensure_store
from rightparty.dispatch.operations.answer_verification import UnknownVerificationError, answer_verification
from rightparty.dispatch.operations.open_verifications import Letter, choose_verifications, open_verifications
from rightparty.dispatch.queries import find_letter, verification_states
from rightparty.dispatch.verification_state import STANDS
from rightparty.kernel.masking import mask_value
from rightparty.planning.reverification.choose import read_steps

group = typer.Typer(help="Questions to persons whether a contact point in doubt is theirs.", no_args_is_help=True)

ASKABLE: Final = (*STANDS, "one_time_code")
Budget = Annotated[float, typer.Option(help="What may be spent, in minor units as in the price list.")]


@group.command()
def plan(budget: Budget = 10_000, at: At = None, as_json: Json = False, out: Out = None) -> None:
    """Show whom it would be worth asking now, how, and why; ask nobody."""
    ensure_store()
    allowed = _allowed() or frozenset(STANDS)
    chosen = choose_verifications(at=instant_of(at), steps=read_steps(), allowed=allowed, budget=budget)
    shown = [mask_value(value) for value in chosen["value"]]
    told = chosen.with_columns(value=pl.Series(shown, dtype=pl.String)).drop("post_address")
    answer(told.to_dicts(), as_json=as_json, out=out, tables=[table_of("Worth asking", told)])
    if not _allowed():
        console.print("none of these is allowed yet: set RIGHTPARTY_VERIFY_STEPS to those that law and house allow")


@group.command()
def run(budget: Budget = 10_000, at: At = None, as_json: Json = False, out: Out = None) -> None:
    """Put the questions that the app asks; it fetches them over the interface."""
    allowed = _required()
    instant = instant_of(at)
    chosen = choose_verifications(at=instant, steps=read_steps(), allowed=allowed, budget=budget)
    counts = open_verifications(chosen.filter(pl.col("step") == "ask_in_app"), at=instant)
    states = verification_states()
    answer(counts, as_json=as_json, out=out, tables=[table_of(f"{counts['ask_in_app']:,} questions put", states)])


@group.command()
def letters(
    file: Annotated[Path, typer.Argument(help="CSV file for the printer; it must not exist yet.")],
    budget: Budget = 10_000,
    at: At = None,
) -> None:
    """Put the questions that are asked by letter, and write what the printer needs."""
    allowed = _required()
    instant = instant_of(at)
    if file.exists():
        raise refuse(f"{file} exists", "Name a new file: a list of letters is never written over.")
    chosen = choose_verifications(at=instant, steps=read_steps(), allowed=allowed, budget=budget)
    posted = chosen.filter(pl.col("step") == "letter")
    counts = open_verifications(posted, at=instant, hand_letters=lambda found: _write_letters(file, found))
    written = f"written to {file}; it holds names and addresses" if counts["letter"] else "no file written"
    console.print(f"{counts['letter']:,} letters, {written}", highlight=False)


@group.command("answer")
def take_answer(
    code: Annotated[str, typer.Argument(help="The code that stands in the person's letter.")],
    said: Annotated[str, typer.Argument(help="still_mine or no_longer.")],
    at: At = None,
) -> None:
    """Record what a person who was identified says to the letter he holds."""
    ensure_store()
    found = find_letter(code)
    if found is None:
        raise refuse("no letter with this code", "Read the code from the letter again.")
    try:
        done = answer_verification(
            verification=found.id, party_id=found.party_id, answer=said, at=instant_of(at), letter_code=code
        )
    except UnknownVerificationError as error:
        raise refuse("the question of this letter has ended", error.remedy) from error
    except ValueError as error:
        raise refuse(str(error)) from error
    console.print(f"{done.state}; {done.cancelled} planned reminders cancelled", highlight=False)


def _write_letters(file: Path, found: Sequence[Letter]) -> None:
    """Write the printer's list, readable by its owner alone."""
    file.touch(mode=0o600, exist_ok=False)
    with file.open("w", encoding="utf-8", newline="") as out:
        lines = csv.DictWriter(out, fieldnames=list(Letter.__dataclass_fields__))
        lines.writeheader()
        lines.writerows(asdict(letter) for letter in found)


def _required() -> frozenset[str]:
    ensure_store()
    allowed = _allowed()
    if not allowed:
        raise refuse("nobody may be asked", "Set RIGHTPARTY_VERIFY_STEPS to the steps that law and house allow.")
    return allowed


def _allowed() -> frozenset[str]:
    named = frozenset(settings.RIGHTPARTY["VERIFY_STEPS"])
    if unknown := {name for name in named if name.rpartition(":")[2] not in ASKABLE}:
        raise refuse(f"RIGHTPARTY_VERIFY_STEPS: {', '.join(sorted(unknown))}", f"there are {', '.join(ASKABLE)}")
    return named


def add_commands(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(group, name="verify")
