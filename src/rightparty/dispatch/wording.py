# SPDX-License-Identifier: Apache-2.0
"""The approved texts: read, put together, chosen and filled in (serves right_words and answerable).

A wording is one text for a template, language, channel and disclosure level, for one market or for all. Where little
may be disclosed all templates speak the words of `neutral`; where the account but no amount may be named, those of
`account`. `limited_content` follows the discipline of 12 CFR 1006.2(j) without claiming its safe harbour, which is for
voicemail.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import polars as pl

from rightparty.dispatch.variables import VariableError, checked_value, filled, names_in
from rightparty.dispatch.wording_lint import CHANNELS, Wording, WordingError, lint
from rightparty.kernel.vocabulary import DISCLOSURE_LEVELS, Disclosure

DIRECTORY: Final = Path(__file__).parent / "wordings"
SPOKEN_BY_ALL: Final = ("neutral", "account")
"""Templates whose words every other template uses at their disclosure level, unless it has its own."""


@dataclass(frozen=True, slots=True)
class RenderedText:
    """A message as it is handed over."""

    subject: str
    body: str
    #: version of the wording it was made from
    version: str


type Key = tuple[str, str, str, str, str]
type Wordings = Mapping[Key, Wording]
"""(template, language, channel, disclosure, market or "" for all) -> text."""


def load_wordings(directory: Path = DIRECTORY) -> Wordings:
    """Read all texts of a directory, one TOML file per template, and refuse what breaks the rules.

    Raises:
        WordingError: a file cannot be read as texts, or a text fails `lint`.
    """
    own = read_wordings(directory)
    findings = [f"{w.name}: {finding}" for w in own for finding in lint(w)]
    if findings:
        raise WordingError("; ".join(findings))
    return put_together(own)


def read_wordings(directory: Path) -> list[Wording]:
    """Return the texts of a directory's files as they are written, good or not.

    Raises:
        WordingError: a file cannot be read as texts.
    """
    return [wording for file in sorted(directory.glob("*.toml")) for wording in read_file(file)]


def read_file(file: Path) -> list[Wording]:
    """Return the texts of one file as they are written, good or not.

    The file names disclosure and version, may name a template (else its own name is the template's) and a market, and
    has a table [LANGUAGE.CHANNEL] with `text`, and `subject` for an e-mail.

    Raises:
        WordingError: it cannot be read as texts.
    """
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
        disclosure = Disclosure(content.pop("disclosure"))
        version, market = str(content.pop("version", "draft")), str(content.pop("market", ""))
        template = str(content.pop("template", file.stem))
        return [
            Wording(
                template=template, language=language, channel=channel, disclosure=disclosure, version=version,
                market=market, **_subject_and_text(text),
            )
            for language, channels in content.items()
            for channel, text in channels.items()
        ]  # fmt: skip
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise WordingError(f"{file.name} cannot be read: {error}") from None


def _subject_and_text(table: Mapping[str, Any]) -> dict[str, str]:
    if strange := table.keys() - {"subject", "text"}:
        raise ValueError(f"the field {min(strange)!r} is not known")
    subject, text = table.get("subject", ""), table["text"]
    if not isinstance(subject, str) or not isinstance(text, str):
        raise TypeError("a subject or text that is no text")
    return {"subject": subject.strip(), "text": text.strip()}


def as_file(texts: Sequence[Wording]) -> str:
    """Return texts of one template, disclosure level and market in the form that `read_file` reads, to be edited.

    Raises:
        WordingError: no texts, or of more than one template, level or market.
    """
    heads = {(w.template, str(w.disclosure), w.market) for w in texts}
    if len(heads) != 1:
        raise WordingError("a file holds texts of one template, level and market", remedy="Choose them.")
    ((template, disclosure, market),) = heads
    lines = [f'template = "{template}"', f'disclosure = "{disclosure}"', *([f'market = "{market}"'] if market else [])]
    for w in texts:
        lines += ["", f"[{w.language}.{w.channel}]"]
        lines += [f"subject = {_quoted(w.subject)}"] if w.subject else []
        lines += [f"text = {_quoted(w.text)}"]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"""\n{plain}\n"""' if "\n" in text else f'"{plain}"'


def put_together(texts: Iterable[Wording]) -> Wordings:
    """Return texts by their keys: a later one replaces an earlier, and all templates speak the words of SPOKEN_BY_ALL.

    Every template speaks every language in which one of SPOKEN_BY_ALL is written, at that level alone.
    """
    own = {key_of(w): w for w in texts}
    templates = {w.template for w in own.values()}
    spoken = {
        (name, w.language, w.channel, str(w.disclosure), w.market): w
        for w in own.values()
        if w.template in SPOKEN_BY_ALL
        for name in templates
    }
    return spoken | own


def key_of(wording: Wording) -> Key:
    """Return under which key a text stands."""
    return wording.template, wording.language, wording.channel, str(wording.disclosure), wording.market


@cache
def _shipped() -> tuple[Wording, ...]:
    return tuple(read_wordings(DIRECTORY))


@cache
def shipped_wordings() -> Wordings:
    """Return the texts of the package, read and checked once."""
    return load_wordings()


def with_own(own: Iterable[Wording]) -> Wordings:
    """Return the package's texts with the lender's own in their place."""
    shipped_wordings()
    return put_together([*_shipped(), *own])


def available_wordings(wordings: Wordings | None = None) -> pl.DataFrame:
    """Return which texts exist: [template, language, channel, disclosure, disclosure_level (0…3), version].

    Only what the outbox sends. A text for one market alone stands beside one for all markets (`approve_wording` sees to
    it) and adds no row.
    """
    rows = [
        (template, language, channel, disclosure, DISCLOSURE_LEVELS[Disclosure(disclosure)], w.version)
        for (template, language, channel, disclosure, market), w in sorted((wordings or shipped_wordings()).items())
        if not market and channel in CHANNELS
    ]
    schema = {
        "template": pl.String, "language": pl.String, "channel": pl.String, "disclosure": pl.String,
        "disclosure_level": pl.Int8, "version": pl.String,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def wording_for(
    wordings: Wordings, *, template: str, language: str, channel: str, disclosure: str, market: str
) -> Wording:
    """Return the text for a market, or else that for all.

    Raises:
        WordingError: there is none.
    """
    key = template, language, channel, disclosure
    wording = wordings.get((*key, market)) or wordings.get((*key, ""))
    if wording is None:
        raise WordingError(f"no text for {template} in {language} for {channel} at {disclosure}")
    return wording


def render(
    wordings: Wordings,
    *,
    template: str,
    language: str,
    channel: str,
    disclosure: str,
    values: Mapping[str, str],
    market: str = "",
    home: str = "",
) -> RenderedText:
    """Fill a text with its values.

    Args:
        wordings: the approved texts.
        template: name of the template.
        language: one of LANGUAGES.
        channel: kernel.vocabulary.MessageChannel; all are plain text, so that nothing in a value can be markup.
        disclosure: the level the attribution supports.
        values: variable -> text; more than the wording uses is fine, less is not.
        market: whose own text goes before the one for all markets.
        home: the lender's own address, where the link must lead; empty where that is checked elsewhere.

    Raises:
        WordingError: there is no such wording, or a value is missing, unclean or not of its variable's form.
    """
    wording = wording_for(
        wordings, template=template, language=language, channel=channel, disclosure=disclosure, market=market
    )
    try:
        needed = names_in(wording.subject) | names_in(wording.text)
        checked = {name: checked_value(name, values.get(name, ""), home=home) for name in sorted(needed)}
        return RenderedText(filled(wording.subject, checked), filled(wording.text, checked), wording.version)
    except VariableError as error:
        raise WordingError(str(error)) from None
