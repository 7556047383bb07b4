# SPDX-License-Identifier: Apache-2.0
"""`rightparty wording`: the texts that are sent; checked, shown, and the lender's own approved by two people."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from django.conf import settings

from rightparty.cli.load import By
from rightparty.cli.output import At, Json, Out, answer, console, instant_of, refuse, table_of
from rightparty.cli.store import ensure_store
from rightparty.dispatch.channels.segments import length_of
from rightparty.dispatch.operations.approve_wording import approve_wording
from rightparty.dispatch.operations.propose_wordings import propose_wordings
from rightparty.dispatch.queries import list_own_wordings, texts_in_force, wording_of
from rightparty.dispatch.variables import VARIABLES, VariableError, filled
from rightparty.dispatch.wording import DIRECTORY, as_file, read_file, read_wordings, render
from rightparty.dispatch.wording_lint import Wording, WordingError, lint, worst_length
from rightparty.kernel.vocabulary import MessageChannel

group = typer.Typer(help="Texts of reminders: check, show, propose, approve.", no_args_is_help=True)

Template = Annotated[str, typer.Argument(help="Name of a template, for example due.")]
Language = Annotated[str, typer.Option("--language", help="BCP 47 tag as in the files, for example zh-Hant.")]
Market = Annotated[str, typer.Option("--market", help="ISO 3166 code of the recipient's country.")]
Level = Annotated[str, typer.Option("--level", help="limited_content, account or amount.")]
Channel = Annotated[str, typer.Option("--channel", help="sms or email.")]


@group.command("lint")
def lint_(
    where: Annotated[
        Path | None, typer.Argument(help="File or directory of texts; without it what is in force here.")
    ] = None,
    as_json: Json = False,
    out: Out = None,
) -> None:
    """Check texts: variables, forbidden words, length in SMS segments. Status 1 if one breaks a rule."""
    texts = _texts_at(where)
    findings = [{"text": w.name, "finding": f} for w in texts for f in lint(w, has_phone=_has_phone())]
    lengths = [_length_of(w) for w in texts if w.channel == MessageChannel.SMS and _has_right_braces(w)]
    told: dict[str, object] = {"texts": len(texts), "findings": findings, "lengths": lengths}
    tables = [table_of("Length of text messages", _frame(lengths), most=200)] if lengths else []
    if findings:
        tables.append(table_of("Findings", _frame(findings), most=200))
    answer(told, as_json=as_json, out=out, tables=tables)
    if not as_json:
        console.print(f"{len(texts)} texts, {len(findings)} findings", highlight=False)
    if findings:
        raise typer.Exit(1)


def _texts_at(where: Path | None) -> list[Wording]:
    if where is None:
        ensure_store()
        return list(dict.fromkeys(texts_in_force().wordings.values()))
    texts = _or_refuse(lambda: read_wordings(where) if where.is_dir() else read_file(where))
    if not texts:
        raise refuse(f"{where} has no texts", f"the package's own are in {DIRECTORY.name}/*.toml")
    return texts


def _has_right_braces(wording: Wording) -> bool:
    try:
        worst_length(wording)
    except VariableError:
        return False
    return True


def _length_of(wording: Wording) -> dict[str, object]:
    typical = length_of(filled(wording.text, _examples()))
    worst = worst_length(wording, sender=_sender(), link=_page())
    return {
        "text": wording.name,
        "alphabet": worst.alphabet,
        "units": typical.units,
        "segments": typical.segments,
        "units_at_most": worst.units,
        "segments_at_most": worst.segments,
    }


@group.command()
def show(
    template: Template, language: Language = "", market: Market = "", as_json: Json = False, out: Out = None
) -> None:
    """Show the texts in force of a template, with version and length."""
    ensure_store()
    texts = [w for w in _texts_of(template, language) if w.market in ("", market or w.market)]
    rows = [
        {
            "language": w.language, "channel": str(w.channel), "level": str(w.disclosure), "market": w.market,
            "version": w.version, "subject": w.subject, "text": w.text,
        }
        for w in texts
    ]  # fmt: skip
    if as_json or out is not None:
        answer(rows, as_json=as_json, out=out)
        return
    for w in texts:
        console.print(f"[bold]{w.name}[/], {w.version}", highlight=False)
        console.print("\n".join(filter(None, [w.subject, w.text, ""])), highlight=False, markup=False, soft_wrap=True)


def _texts_of(template: str, language: str) -> list[Wording]:
    texts = [
        replace(wording, template=name)
        for (name, spoken, *_rest), wording in sorted(texts_in_force().wordings.items())
        if name == template and spoken == (language or spoken)
    ]
    if not texts:
        raise refuse(f"no text for {template[:64]} {language}", "`rightparty wording lint` lists what there is")
    return texts


@group.command()
def export(
    template: Template,
    file: Annotated[Path, typer.Argument(help="File to write; never over one that is there.")],
    language: Language = "",
    level: Level = "amount",
    market: Market = "",
) -> None:
    """Write the texts in force of a template into a file, to be edited and proposed as your own."""
    ensure_store()
    found = [w for w in _texts_of(template, language) if w.disclosure == level and w.market in ("", market)]
    # sorted with the market's own text behind the one for all
    texts = [replace(w, market=market) for w in {(w.language, w.channel): w for w in found}.values()]
    content = _or_refuse(lambda: as_file(texts))
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(content)
    except OSError as error:
        raise refuse(f"{file} cannot be written: {error.strerror}", "name another file") from error
    console.print(f"{len(texts)} texts written: {file}", highlight=False)


@group.command()
def preview(
    template: Template,
    language: Language = "en",
    channel: Channel = "sms",
    level: Level = "amount",
    market: Market = "",
    file: Annotated[Path | None, typer.Option("--file", help="Preview a text of this file, not one in force.")] = None,
) -> None:
    """Print a text as a recipient would read it, with example values, and how long it is."""
    ensure_store()
    texts = texts_in_force().wordings
    if file is not None:
        own = _or_refuse(lambda: read_file(file))
        texts = {(w.template, w.language, w.channel, str(w.disclosure), w.market): w for w in own}
    text = _or_refuse(
        lambda: render(
            texts, template=template, language=language, channel=channel, disclosure=level, market=market,
            values=_examples(),
        )
    )  # fmt: skip
    if text.subject:
        typer.echo(f"{text.subject}\n")
    typer.echo(text.body)
    if channel == MessageChannel.SMS:
        length = length_of(text.body)
        typer.echo(f"\n{length.alphabet}, {length.units} units, {length.segments} segments; version {text.version}")


@group.command()
def propose(
    file: Annotated[Path, typer.Argument(help="Texts of one template, in the form of the package's own.")],
    by: By,
    at: At = None,
) -> None:
    """Propose texts of your own; somebody else has to approve each."""
    ensure_store()
    numbers = _or_refuse(lambda: propose_wordings(read_file(file), at=instant_of(at), by=by))
    for number in numbers:
        console.print(f"draft {number}: in force when somebody else approves it", highlight=False)


@group.command()
def approve(
    number: Annotated[int, typer.Argument(help="The draft's number, as `rightparty wording list` shows it.")],
    by: By,
    at: At = None,
) -> None:
    """Put a draft in force that somebody else proposed; it never changes again."""
    ensure_store()
    text = _or_refuse(lambda: approve_wording(number, at=instant_of(at), by=by))
    console.print(f"{text.name} is in force as {text.version}", highlight=False)


@group.command("list")
def list_(as_json: Json = False, out: Out = None) -> None:
    """List your own texts, the drafts first."""
    ensure_store()
    in_force = {w.version for w in texts_in_force().wordings.values()}
    rows = [
        {
            "number": row.id,
            "text": wording_of(row).name,
            "state": _state(row.approved_at is not None, wording_of(row).version in in_force),
            "proposed_by": row.proposed_by,
            "proposed_at": row.proposed_at.isoformat(timespec="minutes"),
            "approved_by": row.approved_by,
            "words": row.text,
        }
        for row in list_own_wordings()
    ]
    frame = _frame(rows) if rows else pl.DataFrame({"number": []})
    answer(rows, as_json=as_json, out=out, tables=[table_of("Own texts", frame)])


def _state(approved: bool, spoken: bool) -> str:
    if not approved:
        return "draft"
    return "in force" if spoken else "replaced"


def _examples() -> dict[str, str]:
    examples = {name: variable.example for name, variable in VARIABLES.items()}
    phone = str(settings.RIGHTPARTY["PHONE"])
    return examples | {"sender": _sender(), "link": _page(), **({"phone": phone} if phone else {})}


def _sender() -> str:
    return str(settings.RIGHTPARTY["SENDER_NAME"])


def _page() -> str:
    return f"{str(settings.RIGHTPARTY['PUBLIC_URL']).rstrip('/')}/m/7K3M92XQA4B"


def _has_phone() -> bool:
    return bool(settings.RIGHTPARTY["PHONE"])


def _frame(rows: Sequence[dict[str, object]] | Sequence[dict[str, str]]) -> pl.DataFrame:
    return pl.DataFrame(rows, infer_schema_length=None)


def _or_refuse[T](act: Callable[[], T]) -> T:
    try:
        return act()
    except WordingError as error:
        raise refuse(str(error), error.remedy) from error


def add_commands(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(group, name="wording")
