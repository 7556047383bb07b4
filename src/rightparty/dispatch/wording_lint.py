# SPDX-License-Identifier: Apache-2.0
"""One approved text, and what may and must stand in it (right_words, answerable).

Sender, code, link and stop word always; debt words never where a stranger may read; threats, shame and other people
never; no address or number of anybody but through {link} and {phone}.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rightparty.dispatch.channels.segments import MOST_SEGMENTS, Length, length_of
from rightparty.dispatch.variables import VARIABLES, VariableError, filled, names_in, unclean_in
from rightparty.dispatch.word_lists import (
    announces_recording,
    debt_word_in,
    stop_words,
    threats_in,
    words_by_language,
)
from rightparty.kernel.vocabulary import Disclosure, MessageChannel

LANGUAGES: Final = tuple(words_by_language())
"""Languages with word lists: without them nothing could be said about a text."""

CHANNELS: Final = tuple(MessageChannel)
"""What the gate releases; the text of a call is how it opens."""
_ANSWERED: Final = (MessageChannel.SMS, MessageChannel.EMAIL)
"""Where a stop word can be written back; a letter and a push lead to the page, where everything can be stopped."""
_WITH_SUBJECT: Final = (MessageChannel.EMAIL, MessageChannel.POST)

MANDATORY: Final = frozenset({"sender", "code", "link"})
ALLOWED: Final[dict[Disclosure, frozenset[str]]] = {
    Disclosure.LIMITED_CONTENT: MANDATORY,
    Disclosure.ACCOUNT: MANDATORY,
    Disclosure.AMOUNT: MANDATORY | {"amount", "due_date"},
}
"""Variables that must stand in a text, by what it may disclose; {phone} may besides, and in a call {link} need not."""
OPTIONAL: Final = frozenset({"phone", "link"})

SENDER_MARKS: Final = {"zh-Hans": "【{sender}】", "zh-Hant": "【{sender}】"}
SENDER_MARK: Final = "{sender}"
"""What a text begins with; Chinese carriers want the brackets, others pay for them with the larger alphabet."""

SMS_LONGEST: Final = 600
"""Characters of an SMS text before its values are filled in: about ten segments is a letter, not a text."""
SUBJECT_LONGEST: Final = 120
EMAIL_LONGEST: Final = 4_000

_TEMPLATE: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_MARKET: Final = re.compile(r"[A-Z]{2}")
_ADDRESS: Final = re.compile(
    r"[a-z][a-z0-9+.-]*://|\bwww\.|[\w.+-]+@[\w-]+|\b(?:[a-z0-9-]+\.)+(?:com|net|org|info|biz|xyz|top|app|link|page|site"
    r"|online|shop|io|me|co|cc|ly|gl|cn|hk|us|vn|id|ph|in|kz|ru|cz|sk|uk|eu)(?![a-z0-9])",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"\+?\d(?:[\s().-]{0,2}\d){5,}")


class WordingError(ValueError):
    """A text breaks the rules of words, or could not be made."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy or "Correct the text in its file; `rightparty wording lint` names the rule."


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
    #: the market it is for; empty for all that have none of their own
    market: str = ""

    @property
    def name(self) -> str:
        """How findings name it, for example `due en sms amount`."""
        return " ".join(filter(None, [self.template, self.language, self.channel, str(self.disclosure), self.market]))


def lint(wording: Wording, *, has_phone: bool = True) -> list[str]:
    """Return what is wrong with a text, in words; empty if nothing is.

    Args:
        wording: the text.
        has_phone: whether the installation has a number of its own to stand for {phone}.
    """
    if wording.language not in LANGUAGES or wording.channel not in CHANNELS or wording.disclosure not in ALLOWED:
        return ["its language, channel or disclosure level is not known"]
    try:
        used = names_in(wording.text)
        in_subject = names_in(wording.subject)
    except VariableError as error:
        return [str(error)]
    return [
        *_of_key(wording),
        *_of_variables(wording, used, in_subject, has_phone=has_phone),
        *_of_form(wording),
        *_of_characters(wording),
        *_of_words(wording),
    ]


def _of_key(wording: Wording) -> Iterator[str]:
    if not _TEMPLATE.fullmatch(wording.template):
        yield "a template's name is small letters, digits and underscores, 64 at most"
    if wording.market and not _MARKET.fullmatch(wording.market):
        yield "a market is two capital letters"


def _of_variables(
    wording: Wording, used: frozenset[str], in_subject: frozenset[str], *, has_phone: bool
) -> Iterator[str]:
    allowed = ALLOWED[wording.disclosure]
    needed = allowed - {"link"} if wording.channel == MessageChannel.CALL else allowed
    yield from (f"{{{name}}} is missing" for name in sorted(needed - used))
    yield from (f"{{{name}}} may not stand here" for name in sorted((used | in_subject) - allowed - OPTIONAL))
    if "phone" in used | in_subject and not has_phone:
        yield "{phone} stands in it, and no number is configured (RIGHTPARTY_PHONE)"


def _of_form(wording: Wording) -> Iterator[str]:
    yield from _of_spoken(wording) if wording.channel == MessageChannel.CALL else _of_written(wording)
    if (wording.channel in _WITH_SUBJECT) != bool(wording.subject):
        yield "an e-mail or letter needs a subject, a text, call or push has none"
    sms = wording.channel == MessageChannel.SMS
    longest = SMS_LONGEST if sms or wording.channel == MessageChannel.APP else EMAIL_LONGEST
    if len(wording.text) > longest:
        yield f"longer than {longest} characters"
    if len(wording.subject) > SUBJECT_LONGEST:
        yield f"its subject is longer than {SUBJECT_LONGEST} characters"
    if sms and (segments := worst_length(wording).segments) > MOST_SEGMENTS:
        yield f"{segments} segments with the longest values, {MOST_SEGMENTS} at most"


def _of_spoken(wording: Wording) -> Iterator[str]:
    if not announces_recording(wording.text, wording.language):
        yield "it does not say that the call is recorded"


def _of_written(wording: Wording) -> Iterator[str]:
    mark = SENDER_MARKS.get(wording.language, SENDER_MARK)
    if not wording.text.startswith(mark) or (wording.subject and not wording.subject.startswith(mark)):
        yield f"the sender must be named first, as {mark}"
    offered = stop_words(wording.language, wording.market)
    if wording.channel in _ANSWERED and not any(word in wording.text for word in offered):
        yield f"the stop word {' or '.join(offered)} is not offered"


def _of_characters(wording: Wording) -> Iterator[str]:
    lines = "" if wording.channel == MessageChannel.SMS else "\n"
    if strange := unclean_in(wording.text, allowed=lines) or unclean_in(wording.subject):
        yield f"the character {strange} may not stand in it"
    if unicodedata.normalize("NFC", wording.text + wording.subject) != wording.text + wording.subject:
        yield "its characters are not composed (Unicode NFC)"


def _of_words(wording: Wording) -> Iterator[str]:
    everything = wording.subject + "\n" + wording.text
    if found := _ADDRESS.search(everything):
        yield f"the address {found.group(0)!r}: a text leads to the lender only, through {{link}}"
    if found := _NUMBER.search(everything):
        yield f"the number {found.group(0)!r}: a number of the lender stands as {{phone}}"
    if wording.disclosure == Disclosure.LIMITED_CONTENT and (word := debt_word_in(everything, wording.language)):
        yield f"the word {word!r} tells a stranger of a debt"
    # a borrowed word in English is read in every market
    for language in dict.fromkeys((wording.language, "en")):
        yield from (
            f"the word {word!r} threatens or shames ({kind})" for kind, word in threats_in(everything, language)
        )


def worst_length(wording: Wording, *, sender: str = "", link: str = "") -> Length:
    """Return how long a text is with the longest values that may be filled in.

    Args:
        wording: the text; its braces must be right.
        sender: the installation's own name, in whose alphabet the text goes; empty for a long Latin one.
        link: an address of a recipient's page of this installation; empty for a long one.
    """
    longest = {name: variable.worst for name, variable in VARIABLES.items()}
    return length_of(filled(wording.text, longest | {k: v for k, v in (("sender", sender), ("link", link)) if v}))
