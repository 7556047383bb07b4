# SPDX-License-Identifier: Apache-2.0
"""The approved texts and what may and must stand in them (serves right_words and answerable).

Sender, code, link and stop word always; debt words never where a stranger may read. A wording is one text for a
template, language, channel and disclosure level. Where little may be disclosed all speak in the words of `neutral`.
`limited_content` follows the discipline of 12 CFR 1006.2(j) without claiming its safe harbour, which is for voicemail.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Final

import polars as pl

from rightparty.kernel.vocabulary import DISCLOSURE_LEVELS, Disclosure, MessageChannel

DIRECTORY: Final = Path(__file__).parent / "wordings"
NEUTRAL: Final = "neutral"
LANGUAGES: Final = ("en", "zh-Hans", "zh-Hant", "vi", "cs")
CHANNELS: Final = (MessageChannel.SMS, MessageChannel.EMAIL)

MANDATORY: Final = frozenset({"sender", "code", "link"})
ALLOWED: Final[dict[Disclosure, frozenset[str]]] = {
    Disclosure.LIMITED_CONTENT: MANDATORY,
    Disclosure.AMOUNT: MANDATORY | {"amount", "due_date"},
}
"""Placeholders by what a text may disclose."""

SENDER_MARK: Final = "【{sender}】"
STOP_WORDS: Final = {"en": "STOP", "zh-Hans": "TD", "zh-Hant": "TD", "vi": "STOP", "cs": "STOP"}
"""The word each text offers; `inbound.intent` understands them all."""

DEBT_WORDS: Final = {
    "en": r"\b(debts?|ow(e|es|ed|ing)|due|overdue|arrears|pay\w*|paid|loans?|lend\w*|borrow\w*|credit|accounts?"
    r"|amounts?|balances?|collect\w*|instal+ments?|money|invoice|bank)\b",
    "zh-Hans": "欠|债|逾期|还款|贷|借|账户|帐户|账单|金额|款|催|信用|支付|缴|钱|到期|分期|银行",
    "zh-Hant": "欠|債|逾期|還款|貸|借|賬戶|帳戶|帳單|賬單|金額|款|催|信用|支付|繳|錢|到期|分期|銀行",
    "vi": r"\b(nợ|vay|thanh toán|quá hạn|đến hạn|tài khoản|số tiền|khoản|tín dụng|trả góp|ngân hàng|tiền)\b",
    "cs": r"\b(dluh\w*|dluž\w*|splat\w*|splát\w*|půjč\w*|úvěr\w*|účet|účtu|částk\w*|plat\w*|zaplat\w*|uhra\w*|úhrad\w*"
    r"|pohledáv\w*|vymáh\w*|peněz\w*|peníz\w*|bank\w*)\b",
}
"""What a stranger must not read, by language."""

SMS_LONGEST: Final = 600
"""Characters of an SMS text before its values are filled in: about ten segments is a letter, not a text."""


class WordingError(ValueError):
    """A text breaks the rules of words, or could not be made."""

    remedy = "Correct the text in its file; `lint` names the rule."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """One approved text."""

    template: str
    language: str
    channel: str
    disclosure: Disclosure
    version: str
    #: empty for sms
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class RenderedText:
    """A message as it is handed over."""

    subject: str
    body: str
    #: version of the wording it was made from
    version: str


type Wordings = Mapping[tuple[str, str, str, str], Wording]
"""(template, language, channel, disclosure) -> text."""


def load_wordings(directory: Path = DIRECTORY) -> Wordings:
    """Read all texts of a directory, one TOML file per template, and refuse what breaks the rules.

    Raises:
        WordingError: a file cannot be read as texts, or a text fails `lint`.
    """
    own = {key: wording for file in sorted(directory.glob("*.toml")) for key, wording in _read(file)}
    findings = [f"{w.template} {w.language} {w.channel}: {finding}" for w in own.values() for finding in lint(w)]
    if findings:
        raise WordingError("; ".join(findings) + f". {WordingError.remedy}")
    neutral = [w for w in own.values() if w.template == NEUTRAL]
    templates = {w.template for w in own.values()}
    spoken = {(name, w.language, w.channel, str(w.disclosure)): w for name in templates for w in neutral}
    return spoken | own


def _read(file: Path) -> list[tuple[tuple[str, str, str, str], Wording]]:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
        disclosure, version = Disclosure(content.pop("disclosure")), str(content.pop("version"))
        return [
            (
                (file.stem, language, channel, str(disclosure)),
                Wording(
                    template=file.stem,
                    language=language,
                    channel=channel,
                    disclosure=disclosure,
                    version=version,
                    subject=text.get("subject", ""),
                    text=text["text"].strip(),
                ),
            )
            for language, channels in content.items()
            for channel, text in channels.items()
        ]
    except (tomllib.TOMLDecodeError, KeyError, ValueError, AttributeError, UnicodeDecodeError) as error:
        raise WordingError(f"{file.name} cannot be read: {error}. {WordingError.remedy}") from None


def lint(wording: Wording) -> list[str]:
    """Return what is wrong with a text, in words; empty if nothing is."""
    if wording.language not in LANGUAGES or wording.channel not in CHANNELS or wording.disclosure not in ALLOWED:
        return ["its language, channel or disclosure level is not known"]
    try:
        used = _placeholders(wording.text)
        in_subject = _placeholders(wording.subject)
    except ValueError:
        return ["its braces do not match"]
    everything = wording.subject + "\n" + wording.text
    allowed = ALLOWED[wording.disclosure]
    findings = [f"{{{name}}} is missing" for name in sorted(allowed - used)]
    findings += [f"{{{name}}} may not stand here" for name in sorted((used | in_subject) - allowed)]
    if SENDER_MARK not in wording.text or (wording.subject and SENDER_MARK not in wording.subject):
        findings.append(f"the sender must be named as {SENDER_MARK}")
    if STOP_WORDS[wording.language] not in wording.text:
        findings.append(f"the stop word {STOP_WORDS[wording.language]} is not offered")
    if (wording.channel == MessageChannel.EMAIL) != bool(wording.subject):
        findings.append("an e-mail needs a subject, a text has none")
    if wording.channel == MessageChannel.SMS and len(wording.text) > SMS_LONGEST:
        findings.append(f"longer than {SMS_LONGEST} characters")
    if wording.disclosure == Disclosure.LIMITED_CONTENT and (found := debt_word_in(everything, wording.language)):
        findings.append(f"the word {found!r} tells a stranger of a debt")
    return findings


def _placeholders(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def debt_word_in(text: str, language: str) -> str | None:
    """Return the first word of a text that gives a debt away, or None."""
    found = re.search(DEBT_WORDS[language], text, re.IGNORECASE)
    return found.group(0) if found else None


@cache
def shipped_wordings() -> Wordings:
    """Return the texts of the package, read once."""
    return load_wordings()


def available_wordings() -> pl.DataFrame:
    """Return which texts exist: [template, language, channel, disclosure, disclosure_level (0…3), version]."""
    rows = [
        (template, language, channel, disclosure, DISCLOSURE_LEVELS[Disclosure(disclosure)], w.version)
        for (template, language, channel, disclosure), w in sorted(shipped_wordings().items())
    ]
    schema = {
        "template": pl.String, "language": pl.String, "channel": pl.String, "disclosure": pl.String,
        "disclosure_level": pl.Int8, "version": pl.String,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def render(
    wordings: Wordings, *, template: str, language: str, channel: str, disclosure: str, values: Mapping[str, str]
) -> RenderedText:
    """Fill a text with its values.

    Args:
        wordings: the approved texts.
        template: name of the template.
        language: one of LANGUAGES.
        channel: sms or email.
        disclosure: the level the attribution supports.
        values: placeholder -> text; more than the wording uses is fine, less is not.

    Raises:
        WordingError: there is no such wording, or a value is missing or empty.
    """
    wording = wordings.get((template, language, channel, disclosure))
    if wording is None:
        raise WordingError(f"no text for {template} in {language} for {channel} at {disclosure}")
    needed = {name: values.get(name, "") for name in ALLOWED[wording.disclosure]}
    if missing := [name for name, value in needed.items() if not value.strip()]:
        raise WordingError(f"no value for {', '.join(sorted(missing))}")
    return RenderedText(wording.subject.format(**needed), wording.text.format(**needed), wording.version)
